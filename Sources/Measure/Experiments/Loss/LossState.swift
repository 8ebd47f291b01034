import RunRecords

/// Decides how a run whose device is lost continues. Pure: events in, actions out.
///
/// A device that is back in the same boot resumes its run; one that restarted begins its
/// run again, because a boot is the unit of evidence. Both are bounded: a device that is lost each
/// time measures nothing.
package struct LossState: Sendable, Equatable {
  /// How much is put up with in one run.
  package struct Limits: Sendable, Equatable {
    /// How long the device is waited for; zero = every loss ends the run.
    package var reconnect: Duration
    /// How long it may take to boot after its power was cycled.
    package var boot: Duration
    package var resumes = 3
    package var repeats = 2
    package var powerCycles = 2

    package init(reconnect: Duration, boot: Duration) {
      self.reconnect = reconnect
      self.boot = boot
    }
  }

  /// What happened.
  package enum Event: Sendable, Equatable {
    case lost(cause: String)
    /// It answers, in the boot that it was lost in.
    case survived
    /// It answers, in another boot.
    case restarted
    /// It did not answer for as long as it was waited for.
    case gone
    /// Whether there was a way to cycle its power.
    case powerCycled(Bool)
    case powerCycleFailed(String)
  }

  /// What is to be done next.
  package enum Action: Sendable, Equatable {
    case wait(Duration)
    case cyclePower
    /// Resume with the next iteration.
    case resume
    /// Begin the run again.
    case `repeat`
    /// The device is lost for good; why.
    case giveUp(String)
  }

  private let limits: Limits
  private var cause = ""
  /// Of the present loss.
  private var cyclesNow = 0
  private var cycles = 0
  /// Those that the run got over.
  package private(set) var interruptions: [InterruptionRecord] = []

  package init(limits: Limits) {
    self.limits = limits
  }

  /// Takes note of an event; what came before decides with it.
  package mutating func handle(_ event: Event) -> Action {
    switch event {
    case .lost(let cause):
      self.cause = cause
      cyclesNow = 0
      guard limits.reconnect > .zero else { return .giveUp("it was not to be waited for") }
      return .wait(limits.reconnect)
    case .survived:
      guard count(.resumed) < limits.resumes else {
        return .giveUp("it was lost \(limits.resumes) times in this boot before")
      }
      note(.resumed)
      return .resume
    case .restarted:
      guard count(.repeated) < limits.repeats else {
        return .giveUp("it restarted \(limits.repeats) times in this run before")
      }
      note(.repeated)
      return .repeat
    case .gone:
      guard cycles < limits.powerCycles else {
        return .giveUp(
          cycles == 0
            ? "it did not come back" : "cycling its power \(cycles) times did not bring it back")
      }
      return .cyclePower
    case .powerCycled(true):
      cycles += 1
      cyclesNow += 1
      return .wait(limits.boot)
    case .powerCycled(false):
      let waited = limits.reconnect.components.seconds
      return .giveUp(
        "it did not come back within \(waited) s, and its file has no power_cycle command")
    case .powerCycleFailed(let reason):
      cycles += 1
      cyclesNow += 1
      guard cycles < limits.powerCycles else {
        return .giveUp("cycling its power failed (\(reason))")
      }
      return .cyclePower
    }
  }

  /// How long the device was away, which only the caller's clock knows.
  package mutating func wasAway(_ time: Duration) {
    guard let last = interruptions.indices.last else { return }
    interruptions[last].awaySeconds = time / .seconds(1)
  }

  private func count(_ outcome: InterruptionRecord.Outcome) -> Int {
    interruptions.count { $0.outcome == outcome }
  }

  private mutating func note(_ outcome: InterruptionRecord.Outcome) {
    interruptions.append(
      InterruptionRecord(
        cause: cause, outcome: outcome, powerCycles: cyclesNow, awaySeconds: 0))
  }
}
