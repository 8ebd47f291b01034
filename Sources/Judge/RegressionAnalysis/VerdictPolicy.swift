import RunRecords

/// What a suite asks of a verdict.
package struct VerdictPolicy: Codable, Sendable, Equatable {
  /// How the runs were laid out.
  package enum Design: String, Codable, Sendable, Equatable, CaseIterable {
    /// Both firmwares in turn on one device.
    case interleaved
    /// Two devices of one model, firmwares swapped once; the device is a block.
    case crossover
    /// A candidate against runs of many earlier builds; the build is the unit.
    case stored
  }

  /// Family-wise error of statements beside the verdict's own levels (``LookLevels``).
  package var alpha: Double
  /// Two-sided coverage of every published interval; budgets and equivalence use its bounds.
  package var intervalLevel: Double
  /// Quantiles judged, each with the smallest relative change that matters.
  package var quantiles: [QuantileThreshold]
  /// Smallest relative change of a scalar that matters.
  package var valueThreshold: Double
  /// Smallest relative change of the count above the reference's highest quantile that matters.
  package var tailThreshold: Double
  /// From a relative change of the event rate beyond this on, the tail is judged as well, and of
  /// quantiles only what the rate cannot explain.
  package var rateThreshold: Double
  /// Budget of metrics without an entry in ``budgets``, in practical thresholds.
  package var defaultBudgetFactor: Double
  /// Largest relative worsening allowed, by metric pattern; the first that matches counts.
  package var budgets: [MetricBudget]
  /// How often operations may exceed a fixed limit, by metric pattern; all that match count.
  package var deadlines: [MetricDeadline]
  /// Metrics that decide the verdict, as patterns over ``MetricID/text`` with `*` and `?`.
  package var gating: [String]
  /// Metrics that no firmware can change, as patterns: when one moves, the bench did.
  package var sentinels: [String]
  package var design: Design
  /// Switching firmware needs no flash (a virtual device): runs alone make the grade.
  package var freeSwitching: Bool
  /// Verdicts on weaker evidence are inconclusive.
  package var minimumGrade: EvidenceGrade
  /// Runs per arm below which nothing is decided; 2 or less count as 2.
  package var minimumRuns: Int
  /// Runs per arm beyond which "more runs" is not an answer.
  package var maximumRuns: Int
  /// Events that must lie beyond a quantile above the median.
  package var minimumTailEvents: Double
  /// Events that a run needs for its median or mean.
  package var minimumEvents: Double
  /// Share of the gating metrics that must have been measured for a pass.
  package var minimumMeasured: Double
  /// Share of lost operations beyond which a metric is invalid.
  package var lossLimit: Double
  /// Lost operations per run that are never held against a metric.
  package var lossAllowance: UInt64
  /// Difference of the arms' shares of dropped iterations beyond which nothing is concluded.
  package var dropImbalance: Double
  /// Relative difference of a bench condition, such as the machine's speed, that counts as none.
  package var conditionTolerance: Double
  /// Relative difference of the arms' uptimes that counts as none; 10 s always do.
  package var ageTolerance: Double
  /// Standard deviation between runs, relative, below which no noise is believed.
  package var deviationFloor: Double
  /// Compares metrics whose probe was not attached in one way; the evidence is then weak.
  package var allowsMixed: Bool
  /// Largest share of CPU time that the probes may take; nil = not judged here.
  package var maximumCPUShare: Double?
  /// Largest slowdown that the probes may cause; nil = not judged here.
  package var maximumSlowdown: Double?

  package init(
    alpha: Double = 0.01, intervalLevel: Double = 0.95,
    quantiles: [QuantileThreshold] = QuantileThreshold.standard, valueThreshold: Double = 0.03,
    tailThreshold: Double = 0.25, rateThreshold: Double = 0.10, defaultBudgetFactor: Double = 3,
    budgets: [MetricBudget] = [], deadlines: [MetricDeadline] = [], gating: [String] = ["*"],
    sentinels: [String] = [],
    design: Design = .interleaved, freeSwitching: Bool = false, minimumGrade: EvidenceGrade = .weak,
    minimumRuns: Int = 3,
    maximumRuns: Int = 64, minimumTailEvents: Double = 50,
    minimumEvents: Double = 10, minimumMeasured: Double = 1, lossLimit: Double = 0.001,
    lossAllowance: UInt64 = 2, dropImbalance: Double = 0.10, conditionTolerance: Double = 0.05,
    ageTolerance: Double = 0.25, deviationFloor: Double = 0.002, allowsMixed: Bool = false,
    maximumCPUShare: Double? = nil, maximumSlowdown: Double? = nil
  ) {
    self.alpha = alpha
    self.intervalLevel = intervalLevel
    self.quantiles = quantiles
    self.valueThreshold = valueThreshold
    self.tailThreshold = tailThreshold
    self.rateThreshold = rateThreshold
    self.defaultBudgetFactor = defaultBudgetFactor
    self.budgets = budgets
    self.deadlines = deadlines
    self.gating = gating
    self.sentinels = sentinels
    self.design = design
    self.freeSwitching = freeSwitching
    self.minimumGrade = minimumGrade
    self.minimumRuns = minimumRuns
    self.maximumRuns = maximumRuns
    self.minimumTailEvents = minimumTailEvents
    self.minimumEvents = minimumEvents
    self.minimumMeasured = minimumMeasured
    self.lossLimit = lossLimit
    self.lossAllowance = lossAllowance
    self.dropImbalance = dropImbalance
    self.conditionTolerance = conditionTolerance
    self.ageTolerance = ageTolerance
    self.deviationFloor = deviationFloor
    self.allowsMixed = allowsMixed
    self.maximumCPUShare = maximumCPUShare
    self.maximumSlowdown = maximumSlowdown
  }

  /// The largest relative worsening allowed of a metric, by its ``MetricID/text``; `threshold` is
  /// the smallest change of the statistic that matters.
  func budget(of metric: String, _ statistic: Statistic, threshold: Double) -> Double {
    let own = budgets.first {
      glob($0.pattern, matches: metric)
        && ($0.statistic == nil || $0.statistic == statistic || $0.statistic == statistic.base)
    }
    return own?.budget ?? defaultBudgetFactor * threshold
  }

  /// Events that a run needs for a quantile. A location of a few events is a sound number to compare
  /// over runs, as the run is the unit; what lies beyond a high quantile must be enough to place it.
  package func eventsNeeded(for probability: Double) -> Double {
    probability <= 0.5
      ? minimumEvents : minimumTailEvents / min(probability, 1 - probability)
  }

  /// Whether quantiles are asked for that see a tail.
  var asksTail: Bool { quantiles.contains { Self.seesTail($0.probability) } }

  /// Whether a quantile moves when one operation in ten gets slower.
  static func seesTail(_ probability: Double) -> Bool { probability >= 0.9 }

  /// Whether a statistic stands guard beside quantiles that see no tail: it may fail a build, but its
  /// own noise holds none back.
  func isGuard(_ statistic: Statistic) -> Bool { statistic == .mean && !asksTail }

  /// Whether a run has enough events for a quantile. Tails such as 1 - 0.9 are not exact.
  func suffices(_ events: Double, for probability: Double) -> Bool {
    events >= eventsNeeded(for: probability) * (1 - 1e-9)
  }

  /// Whether an iteration has enough events for a quantile of its own; else those of a run are
  /// merged.
  func sufficesAlone(_ events: Double, for probability: Double) -> Bool {
    events >= minimumEvents / 2 / min(probability, 1 - probability) * (1 - 1e-9)
  }

  /// The largest relative worsening allowed of a series.
  func budget(of series: Series) -> Double {
    budget(
      of: series.text, series.statistic, threshold: max(series.threshold, series.resolution))
  }

  /// Whether a metric, by its ``MetricID/text``, is one that must not change.
  func isSentinel(_ text: String) -> Bool {
    sentinels.contains { glob($0, matches: text) }
  }

  /// Whether a series decides the verdict.
  func isGating(_ series: Series) -> Bool {
    series.statistic != .rate && !isSentinel(series.text)
      && gating.contains { glob($0, matches: series.text) }
  }
}

/// A quantile and the relative change of it that matters.
package struct QuantileThreshold: Codable, Sendable, Equatable {
  /// p50, p90, p99 with 3, 4, 5%.
  package static let standard = [
    QuantileThreshold(probability: 0.5, threshold: 0.03),
    QuantileThreshold(probability: 0.9, threshold: 0.04),
    QuantileThreshold(probability: 0.99, threshold: 0.05),
  ]

  /// Strictly between 0 and 1.
  package var probability: Double
  /// Relative: 0.03 = 3%.
  package var threshold: Double

  package init(
    probability: Double, threshold: Double
  ) {
    self.probability = probability
    self.threshold = threshold
  }
}

/// The largest worsening allowed for metrics that match a pattern.
package struct MetricBudget: Codable, Sendable, Equatable {
  /// Over ``MetricID/text``, with `*` and `?`.
  package var pattern: String
  /// Nil = every statistic of the metric.
  package var statistic: Statistic?
  /// Relative: 0.10 = 10% worse.
  package var budget: Double

  package init(
    pattern: String, statistic: Statistic? = nil, budget: Double
  ) {
    self.pattern = pattern
    self.statistic = statistic
    self.budget = budget
  }
}

/// How good the evidence can be at best, from its design alone; ascending.
package enum EvidenceGrade: String, Codable, Sendable, Equatable, CaseIterable, Comparable {
  /// Too few flashes, one block per arm, or too few runs.
  case weak
  /// At least 8 builds on the reference side.
  case stored
  /// Two devices of one model, both firmwares on each.
  case crossover
  /// Arms in turn with two flashes each or more in every stage, or with free switching.
  case interleaved

  package static func < (left: EvidenceGrade, right: EvidenceGrade) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }
}
