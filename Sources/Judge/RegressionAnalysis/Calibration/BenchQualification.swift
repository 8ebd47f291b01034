/// Whether a bench may gate: how often its unchanged firmware would be called slower.
package struct BenchQualification: Codable, Sendable, Equatable {
  package enum Standing: String, Codable, Sendable, Equatable, CaseIterable {
    case qualified
    case notQualified = "not qualified"
    /// Too few runs to decide; must not gate either.
    case undecided
  }

  /// Runs of unchanged firmware below which nothing is decided: 3 + 3 and 3 + 3 fresh ones.
  package static let leastRuns = 12
  /// Share of unchanged builds that may be called slower.
  package static let limit = 0.01

  package var standing: Standing
  /// Calls of "slower" among the bench's own runs, dealt to two arms in many ways. The ways
  /// overlap: this is no count of independent experiments.
  package var resampled: Proportion
  /// Experiments without a run in common that the runs are enough for.
  package var independentSplits: Int
  /// Calls of "slower" in simulated experiments with this bench's noise; independent.
  package var simulated: Proportion
  /// One sentence each: why the bench does not qualify, or what to know of one that does.
  package var reasons: [String]
  /// What to do, the largest source of noise first.
  package var remedies: [String]

  package init(
    standing: Standing = .undecided, resampled: Proportion = Proportion(0, of: 0),
    independentSplits: Int = 0, simulated: Proportion = Proportion(0, of: 0),
    reasons: [String] = [], remedies: [String] = []
  ) {
    self.standing = standing
    self.resampled = resampled
    self.independentSplits = independentSplits
    self.simulated = simulated
    self.reasons = reasons
    self.remedies = remedies
  }
}
