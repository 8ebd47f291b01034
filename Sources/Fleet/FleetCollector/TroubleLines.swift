import Synchronization

/// Says that a collector cannot do its work, and that it can again: as that changes, a line a minute at most.
final class TroubleLines: Sendable {
  private struct Said {
    var trouble: String?
    var at: ContinuousClock.Instant?
  }

  private static let pause = Duration.seconds(60)

  private let said = Mutex(Said())
  private let say: @Sendable (String) -> Void

  init(say: @escaping @Sendable (String) -> Void) {
    self.say = say
  }

  /// Notes what keeps it from its work at the moment; nil for nothing.
  func note(_ trouble: String?, at now: ContinuousClock.Instant = .now) {
    let isNew = said.withLock { said in
      guard trouble != said.trouble else { return false }
      if let last = said.at, now - last < Self.pause { return false }
      said = Said(trouble: trouble, at: now)
      return true
    }
    guard isNew else { return }
    say(trouble.map { "trouble: \($0)" } ?? "the trouble is over")
  }
}
