/// A bench that makes run records without a device.
///
/// Every metric is a histogram whose p50, p90 and p99 are drawn: a level of its own, a boot's
/// deviation, an iteration's. Deviations are normal in logarithms and correlated between metrics
/// and, more so, between the quantiles of one. What a boot deviates carries over in part to the
/// next one, all levels drift along, and some boots are bad: slow altogether.
package struct SimulatedBench: Codable, Sendable, Equatable {
  /// Relative standard deviation between boots of a median; p90 and p99 have
  /// ``quantileFactors`` times as much.
  package var bootDeviation: Double
  /// The same between the iterations of a boot.
  package var iterationDeviation: Double
  /// Noise of p50, p90 and p99 in terms of the median's.
  package var quantileFactors: [Double]
  /// Histogram metrics, three statistics each; at least 1.
  package var metrics = 20
  /// Iterations per boot, at least 1.
  package var iterations = 5
  /// Events of a metric in an iteration; 5000 suffice for a p99.
  package var events = 20_000
  /// Standard deviation between metrics of the logarithm of their noise.
  package var spread = 0.2
  /// Share of a deviation's variance that all metrics have in common, and share that the
  /// quantiles of one metric have in common beyond it.
  package var commonShare = 0.2
  package var metricShare = 0.4
  /// Correlation of what two successive boots deviate.
  package var carryOver = 0.4
  /// Standard deviation of the drift from the first to the last run of a stage, in ``bootDeviation``.
  package var drift = 1.0
  /// Share of bad boots.
  package var badBoots = 0.03
  /// Mean slowdown of medians by a bad boot, relative; each metric has half to one and a half of
  /// it, higher quantiles ``quantileFactors`` times as much.
  package var badBootSlowdown = 0.04
  /// What is slow now and then with either firmware; nil = nothing.
  package var habit: SimulatedModes?
  /// Whether what boots deviate has heavy tails (Student's t with 4 degrees of freedom).
  package var heavyTails = false
  /// Whether the suite asks for medians alone, so that the mean stands guard
  /// (``VerdictPolicy/isGuard(_:)``). What is drawn for p90 is then the mean's. Only where no records
  /// are made.
  package var asksMedians = false

  package init(
    bootDeviation: Double, iterationDeviation: Double, quantileFactors: [Double] = [1, 1.4, 2]
  ) {
    self.bootDeviation = bootDeviation
    self.iterationDeviation = iterationDeviation
    self.quantileFactors = quantileFactors
  }

  package init(_ noise: NoiseClass) {
    self.init(
      bootDeviation: noise.bootDeviation, iterationDeviation: noise.iterationDeviation)
  }

  /// What is simulated and judged: p50, p90 and p99 of each metric.
  static let probabilities = [0.5, 0.9, 0.99]

  /// Name of a metric, as patterns match it.
  package static func metricText(_ metric: Int) -> String { "simulated.m\(metric)@load" }
}

/// What the candidate does differently.
package struct SimulatedEffect: Codable, Sendable, Equatable {
  /// Which part of the distribution the change is in.
  package enum Part: String, Codable, Sendable, CaseIterable {
    /// All of it: every quantile moves.
    case p50
    /// The tail: p50 and p90 stay.
    case p99
  }

  /// Relative, above -1; 0 = an unchanged build.
  package var shift: Double
  package var part: Part
  /// Metrics that change, from the first.
  package var metrics: Int
  /// What is slow now and then with the candidate alone; nil = nothing.
  package var modes: SimulatedModes?
  /// Relative change of the number of events; only where records are made.
  package var rate = 0.0
  /// The candidate's noise in terms of the reference's.
  package var noise = 1.0

  package init(
    shift: Double = 0, part: Part = .p50, metrics: Int = 1, modes: SimulatedModes? = nil,
    rate: Double = 0, noise: Double = 1
  ) {
    self.shift = shift
    self.part = part
    self.metrics = metrics
    self.modes = modes
    self.rate = rate
    self.noise = noise
  }

  /// Whether the candidate is slower than the reference at all.
  package var isDefect: Bool { shift != 0 || modes != nil }

  /// Whether a statistic of a metric may rightly be called slower.
  func mayMove(_ id: String, _ statistic: Statistic) -> Bool {
    let names = (0..<max(metrics, modes?.metrics ?? 0)).map { SimulatedBench.metricText($0) }
    guard let metric = names.firstIndex(of: id) else { return false }
    guard case .quantile(let probability) = statistic.base,
      let quantile = SimulatedBench.probabilities.firstIndex(of: probability)
    else { return true }
    return changes(metric: metric, quantile: quantile)
      || modes?.slows(metric: metric, quantile: quantile) == true
  }

  /// Whether a quantile (by position: p50, p90, p99) of a metric changes.
  func changes(metric: Int, quantile: Int) -> Bool {
    shift != 0 && metric < metrics && (part == .p50 || quantile == 2)
  }
}
