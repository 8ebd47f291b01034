import Glibc
import POSIXSupport
import Reporting

/// Shows what a feed brings, and gives it what keys ask for.
package struct LiveScreen: Sendable {
  private let feed: LiveFeed
  private let reference: LiveReference?
  private let terminal: LiveTerminal
  private let glyphs: ScreenGlyphs

  /// How long the reason of a failure is shown before the screen goes.
  private static let reading = Duration.seconds(3)

  /// Shows what `feed` brings beside `reference`; nil = the first minute.
  package init(feed: LiveFeed, reference: LiveReference?, console: Console) {
    self.feed = feed
    self.reference = reference
    terminal = LiveTerminal(usesColour: console.usesColor)
    glyphs = LiveTerminal.glyphs
  }

  /// Has the terminal from the first window until the feed ends, or the task is cancelled; then it is as
  /// before.
  package func run() async {
    // A terminal may be slow to take what it is sent.
    await onOwnThread {
      var state: LiveState?
      var keys = ScreenKeyReader()
      var cost = HostCost()
      defer { terminal.close() }
      for await event in feed.events {
        switch event {
        case .opened(let subject):
          guard terminal.open({ feed.send(.terminal($0)) }) else {
            feed.grant(.quit)
            break
          }
          state = LiveState(subject, reference: reference)
        case .sample(let sample):
          state?.take(sample)
          state?.use.hostCPU = cost.share()
          for key in keys.settle() { press(key, &state) }
        case .agent(let cpu, let memory):
          if let cpu { state?.use.agentCPU = cpu }
          state?.use.agentMemoryKiB = memory
        case .note(let text, let isWarning): state?.say(text, isWarning: isWarning)
        case .terminal(.bytes(let bytes)):
          for key in keys.take(bytes) { press(key, &state) }
        case .terminal(.changed): break
        case .terminal(.gone): feed.grant(.quit)
        case .ended(nil): return
        case .ended(let reason?):
          guard state != nil else { return }
          state?.say(reason, isWarning: true, samples: .max)
          draw(state)
          await outlast(&keys)
          return
        case .over: return
        }
        draw(state)
      }
    }
  }

  private func press(_ key: ScreenKey, _ state: inout LiveState?) {
    if let wish = state?.press(key) { feed.grant(wish) }
  }

  private func draw(_ state: LiveState?) {
    guard let state else { return }
    let size = terminal.size
    terminal.show(state.canvas(width: size.width, height: size.height, glyphs: glyphs))
  }

  /// Waits for a key, but not for long.
  private func outlast(_ keys: inout ScreenKeyReader) async {
    let clock = Task { [feed] in
      try? await Task.sleep(for: Self.reading)
      feed.send(.over)
    }
    defer { clock.cancel() }
    for await event in feed.events {
      switch event {
      case .over: return
      case .terminal(.bytes(let bytes)): if !keys.take(bytes).isEmpty { return }
      case .terminal(.gone): return
      default: continue
      }
    }
  }
}

/// What this process itself uses.
private struct HostCost {
  private var before: (cpu: Double, at: ContinuousClock.Instant)?
  private var last: Double?

  /// Share of one CPU since it was last measured, at most once a second; nil before.
  mutating func share() -> Double? {
    var used = rusage()
    guard getrusage(Int32(RUSAGE_SELF.rawValue), &used) == 0 else { return last }
    let cpu =
      Double(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
      + Double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6
    let now = ContinuousClock.now
    guard let old = before else {
      before = (cpu, now)
      return nil
    }
    let time = (now - old.at) / .seconds(1)
    guard time >= 1 else { return last }
    before = (cpu, now)
    last = (cpu - old.cpu) / time
    return last
  }
}
