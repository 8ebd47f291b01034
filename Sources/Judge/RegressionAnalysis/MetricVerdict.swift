import RunRecords

/// What the comparison says of one statistic of one metric.
package struct MetricVerdict: Codable, Sendable, Equatable {
  /// The answer for this statistic.
  package enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
    case regression
    case improvement
    /// Equivalence shown within the threshold.
    case noChange = "no change"
    /// See ``MetricVerdict/runsNeeded`` and ``MetricVerdict/unreachable``.
    case inconclusive
    case probeLost = "probe lost"
    case invalid
    case notMeasurable = "not measurable"
  }

  package var id: MetricID
  package var statistic: Statistic
  package var outcome: Outcome
  /// Whether the metric's pattern is one that decides.
  package var gating: Bool
  /// Whether this alone keeps the firmware from passing.
  package var blocking: Bool
  /// Geometric mean over runs, in the metric's unit (events per iteration for rate and tail).
  package var referenceValue: Double?
  package var candidateValue: Double?
  /// Candidate / reference - 1, freed of the trend over time.
  package var change: Double?
  /// Bounds of ``change`` at the policy's level.
  package var interval: ChangeInterval?
  /// Two-sided, moderated, of all runs; before multiplicity control. Where the event rate moved, of
  /// what that cannot explain.
  package var p: Double?
  /// Smallest relative change found with 80% power by the runs given.
  package var mde80: Double?
  /// Smallest relative change that matters, raised to what the buckets resolve and to what
  /// unchanged builds of this bench differ by.
  package var threshold: Double?
  /// Largest relative worsening allowed.
  package var budget: Double?
  package var grade: EvidenceGrade
  /// Further runs per arm; only with `inconclusive`.
  package var runsNeeded: Int?
  /// The noise is too high for any sensible number of runs; only with `inconclusive`.
  package var unreachable: Bool
  /// Residual variance between runs (of logarithms) and its degrees of freedom: what a noise
  /// profile grows from.
  package var runVariance: Double?
  package var degreesOfFreedom: Double?
  /// Where in the distribution the arms differ; only on the rate of a histogram metric.
  package var shift: [ShiftPoint]?
  /// How its shape differs; only on the rate of a histogram metric, nil where it does not.
  package var shape: ShapeChange?
  /// Whether it may be on its way to a finding: more runs are worth making before a pass.
  package var isLeaning = false
  /// Whether its interval shows a worsening that matters, which no look has confirmed yet.
  package var isOpen = false
  /// In words, where the numbers need an explanation.
  package var reason: String?
  /// The known issue that this belongs to; only where it would keep the firmware from passing.
  package var waiver: MetricWaiver?

  private enum CodingKeys: String, CodingKey {
    case id, statistic, outcome, gating, blocking, referenceValue, candidateValue, change, interval
    case p, mde80, threshold, budget, grade, runsNeeded, unreachable, runVariance
    case degreesOfFreedom, shift, shape, reason, waiver
  }

  package init(
    id: MetricID, statistic: Statistic, outcome: Outcome, gating: Bool, blocking: Bool,
    referenceValue: Double? = nil, candidateValue: Double? = nil, change: Double? = nil,
    interval: ChangeInterval? = nil, p: Double? = nil, mde80: Double? = nil,
    threshold: Double? = nil, budget: Double? = nil, grade: EvidenceGrade,
    runsNeeded: Int? = nil, unreachable: Bool = false, runVariance: Double? = nil,
    degreesOfFreedom: Double? = nil, shift: [ShiftPoint]? = nil, shape: ShapeChange? = nil,
    reason: String? = nil
  ) {
    self.id = id
    self.statistic = statistic
    self.outcome = outcome
    self.gating = gating
    self.blocking = blocking
    self.referenceValue = referenceValue
    self.candidateValue = candidateValue
    self.change = change
    self.interval = interval
    self.p = p
    self.mde80 = mde80
    self.threshold = threshold
    self.budget = budget
    self.grade = grade
    self.runsNeeded = runsNeeded
    self.unreachable = unreachable
    self.runVariance = runVariance
    self.degreesOfFreedom = degreesOfFreedom
    self.shift = shift
    self.shape = shape
    self.reason = reason
  }

  /// Adds a reason to what is said of the metric already.
  mutating func add(reason more: String) {
    reason = [reason, more].compactMap(\.self).joined(separator: "; ")
  }
}

/// A relative interval: -0.02...0.05 = between 2% less and 5% more.
package struct ChangeInterval: Codable, Sendable, Equatable {
  package var low: Double
  package var high: Double

  package init(
    low: Double, high: Double
  ) {
    self.low = low
    self.high = high
  }
}
