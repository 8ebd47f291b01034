import Catalogs
import RegressionAnalysis

extension VerdictPolicy {
  /// What a suite asks of a verdict.
  /// - Parameter freeSwitching: a firmware needs no flash, as on a virtual device.
  init(suite: SuiteDefinition, freeSwitching: Bool) {
    self.init(
      quantiles: [
        QuantileThreshold(probability: 0.5, threshold: suite.tau.p50.fraction),
        QuantileThreshold(probability: 0.9, threshold: suite.tau.p90.fraction),
        QuantileThreshold(probability: 0.99, threshold: suite.tau.p99.fraction),
      ],
      valueThreshold: suite.tau.scalar.fraction,
      budgets: suite.budgets.map {
        MetricBudget(pattern: $0.metric.glob, budget: $0.budget.fraction)
      },
      gating: suite.gating.isEmpty ? ["*"] : suite.gating.map(\.glob),
      freeSwitching: freeSwitching, minimumRuns: min(3, suite.runs.screen),
      lossLimit: suite.limits.lossMax.fraction,
      maximumCPUShare: suite.overhead.cpuMax.fraction,
      maximumSlowdown: suite.overhead.slowdownMax.fraction)
  }
}

extension MetricPattern {
  /// The same pattern over a metric's whole text, `name{key=value,…}@phase`.
  fileprivate var glob: String {
    let inside = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)*" }.joined()
    return name + "*" + (inside.isEmpty ? "" : "{*\(inside)}*")
      + (phase.map { name.hasSuffix("*") ? "@\($0)" : "*@\($0)" } ?? "")
  }
}
