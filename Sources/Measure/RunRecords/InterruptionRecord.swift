/// A time in which the device of a run was away.
package struct InterruptionRecord: Codable, Sendable, Equatable {
  /// What the run did about it.
  package enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
    /// The device was still in the same boot: the iteration under way was dropped, and the run
    /// was resumed with the next.
    case resumed
    /// The device had restarted: everything of the boot before was dropped, and the run began
    /// again.
    case repeated
    /// The device did not come up with its firmware until its power was cycled; no run had begun.
    case powerCycled = "power cycled"
  }

  /// In one line.
  package var cause: String
  package var outcome: Outcome
  /// How often the device's power was cycled before it came back.
  package var powerCycles: Int
  /// From the loss until the device answered again.
  package var awaySeconds: Double

  package init(cause: String, outcome: Outcome, powerCycles: Int, awaySeconds: Double) {
    self.cause = cause
    self.outcome = outcome
    self.powerCycles = powerCycles
    self.awaySeconds = awaySeconds
  }
}
