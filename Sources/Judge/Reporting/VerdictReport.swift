import Foundation

/// What a comparison of two firmwares says, ready to be shown; the document of `--format json`,
/// schema `latgate.report/1`.
package struct VerdictReport: Sendable, Equatable, Encodable {
  /// The answer as a whole. Each has its exit code, which is public.
  package enum Outcome: String, Sendable, Encodable, CaseIterable {
    case pass, regression, inconclusive, invalid
  }

  /// What was found for one statistic of one metric.
  package enum Finding: String, Sendable, Encodable, CaseIterable {
    case regression, improvement, inconclusive, invalid
    case noChange = "no change"
    case probeLost = "probe lost"
    case notMeasurable = "not measurable"
  }

  /// One of the two firmwares and what was done with it.
  package struct Arm: Sendable, Equatable, Encodable {
    package var name: String
    package var build: String
    package var kernelRelease: String
    package var runs: Int
    /// Judged ones.
    package var iterations: Int
    package var dropped: Int
    /// Dropped iterations by the kind of reason.
    package var dropCauses: [String: Int]
    /// What may explain a difference, over judged iterations.
    package var covariates: [CovariateSummary]

    package init(
      name: String, build: String, kernelRelease: String, runs: Int, iterations: Int,
      dropped: Int, dropCauses: [String: Int] = [:], covariates: [CovariateSummary] = []
    ) {
      self.name = name
      self.build = build
      self.kernelRelease = kernelRelease
      self.runs = runs
      self.iterations = iterations
      self.dropped = dropped
      self.dropCauses = dropCauses
      self.covariates = covariates
    }
  }

  /// One statistic of one metric. Changes are relative: 0.05 = 5% more.
  package struct Row: Sendable, Equatable, Encodable {
    /// ``MetricID/text``.
    package var metric: String
    package var unit: String
    /// Such as `p50`, `p99`, `value` or `rate`.
    package var statistic: String
    /// In `unit`.
    package var reference: Double?
    package var candidate: Double?
    package var change: Double?
    /// Interval of the change.
    package var lower: Double?
    package var upper: Double?
    /// Smallest change that this experiment would have found with 80% probability.
    package var detectable: Double?
    /// Limit of the interval's bad end; nil without one.
    package var budget: Double?
    package var finding: Finding
    /// Whether the row decides; others are shown only.
    package var isGating: Bool
    /// Whether this alone keeps the firmware from passing.
    package var isBlocking: Bool
    /// Further runs per arm that would decide; nil = not known, or not asked for.
    package var runsNeeded: Int?
    /// Why, in a few words; empty when the numbers say it.
    package var note: String
    /// Whether a waiver that holds keeps the row from failing the firmware.
    package var isWaived = false
    /// Whether more is better, as of a throughput.
    package var isHigherBetter = false

    package init(
      metric: String, unit: String, statistic: String, reference: Double? = nil,
      candidate: Double? = nil, change: Double? = nil, lower: Double? = nil, upper: Double? = nil,
      detectable: Double? = nil, budget: Double? = nil, finding: Finding, isGating: Bool = true,
      isBlocking: Bool = false, runsNeeded: Int? = nil, note: String = ""
    ) {
      self.metric = metric
      self.unit = unit
      self.statistic = statistic
      self.reference = reference
      self.candidate = candidate
      self.change = change
      self.lower = lower
      self.upper = upper
      self.detectable = detectable
      self.budget = budget
      self.finding = finding
      self.isGating = isGating
      self.isBlocking = isBlocking
      self.runsNeeded = runsNeeded
      self.note = note
    }
  }

  /// A metric's events of both arms over ranges of values.
  package struct Distribution: Sendable, Equatable, Encodable {
    /// Shares of all events between `lower` and the next bin's.
    package struct Bin: Sendable, Equatable, Encodable {
      /// ns.
      package var lower: Double
      package var reference: Double
      package var candidate: Double
    }

    package var metric: String
    package var bins: [Bin]
    package var referenceCount: UInt64
    package var candidateCount: UInt64
  }

  /// How a probe was attached in each arm: its rung, or why not.
  package struct Probe: Sendable, Equatable, Encodable {
    package var name: String
    package var reference: String
    package var candidate: String
    /// Why it did not load everywhere; empty when it did.
    package var reason = ""
  }

  /// Share of operations lost by a metric in each arm, 0...1.
  package struct Loss: Sendable, Equatable, Encodable {
    package var metric: String
    package var reference: Double
    package var candidate: Double
  }

  /// What the probes cost in each arm; nil where it was not measured.
  package struct Overhead: Sendable, Equatable, Encodable {
    /// 95% interval of a slowdown.
    package struct Interval: Sendable, Equatable, Encodable {
      package var lower: Double
      package var upper: Double
    }

    package var referenceCPU: Double?
    package var candidateCPU: Double?
    package var referenceSlowdown: Double?
    package var candidateSlowdown: Double?
    /// Nil where there was one pair of iterations only.
    package var referenceInterval: Interval?
    package var candidateInterval: Interval?
  }

  /// A condition of the bench that was held against the arms.
  package struct Condition: Sendable, Equatable, Encodable {
    package var covariate: String
    /// `alike`, `firmware`, `unstable` or `unexplained`.
    package var kind: String
    package var reference: Double
    package var candidate: Double
    /// Largest difference between runs of one firmware.
    package var spread: Double
    /// Empty when alike.
    package var text: String

    package init(
      covariate: String, kind: String, reference: Double, candidate: Double, spread: Double,
      text: String
    ) {
      self.covariate = covariate
      self.kind = kind
      self.reference = reference
      self.candidate = candidate
      self.spread = spread
      self.text = text
    }
  }

  package var schema = "latgate.report/1"
  package var outcome: Outcome
  package var exitCode: Int32
  /// Who has to act: `firmware` or `rack`; nil after a pass.
  package var owner: String?
  /// What decided the outcome, as one word; nil after a pass.
  package var failure: String?
  /// How good the evidence is: `interleaved`, `crossover`, `stored` or `weak`.
  package var grade: String
  package var suite: String
  package var target: String
  package var reference: Arm
  package var candidate: Arm
  /// Share of experiments whose intervals all hold, such as 0.95.
  package var confidence: Double
  /// Ordered by metric, then statistic.
  package var rows: [Row]
  /// Of what moved.
  package var distributions: [Distribution]
  /// Metrics whose distributions differ in shape.
  package var shapes: [Shape] = []
  /// How operations stand to the suite's fixed limits; nil where it has none.
  package var deadlines: [Deadline]?
  /// Nil where no metric counts.
  package var rates: [CountedRate]?
  package var probes: [Probe]
  package var losses: [Loss]
  package var overhead: Overhead
  package var conditions: [Condition] = []
  /// Covariates that were read in several runs and did not stay the same, over the runs.
  package var timelines: [Timeline] = []
  /// What is known of how often the bench flags unchanged firmware, in a sentence; nil where it is
  /// not known.
  package var benchStanding: String?
  /// Of devices and firmwares.
  package var facts: [Fact] = []
  /// What moved and can be drawn, the most important first.
  package var movements: [Movement] = []
  /// Where time was spent, frame by frame; nil where an arm has no stacks.
  package var profiles: [Profile]?
  /// Why slower metrics are slower, a sentence each; empty unless a second pass was made.
  package var why: [String] = []
  /// Recordings of worst iterations; nil = none were made.
  package var traces: [Trace]?
  /// Names of metrics as people say them, by their text.
  package var titles: [String: String] = [:]
  /// The reason that decided the outcome, where it was not a row.
  package var cause: String?
  /// What holds for the verdict as a whole, in words.
  package var reasons: [String]
  /// What to do next, most useful first.
  package var next: [String]

  /// A JSON document, deterministic for equal reports.
  package func json() throws -> Data {
    try encodedJSON(self)
  }
}

extension VerdictReport.Finding {
  var emphasis: Emphasis {
    switch self {
    case .regression, .invalid, .probeLost: .bad
    case .improvement: .good
    case .inconclusive: .doubtful
    case .noChange: .none
    case .notMeasurable: .dim
    }
  }

  /// Whether the row says that something is different.
  var isMove: Bool { self == .regression || self == .improvement }
}
