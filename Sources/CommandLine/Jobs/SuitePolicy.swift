import Catalogs
import RegressionAnalysis

extension VerdictPolicy {
  /// What a suite asks of a verdict; with `freeSwitching` a firmware needs no flash, as on a
  /// virtual device.
  package init(suite: SuiteDefinition, freeSwitching: Bool) {
    self.init(
      quantiles: suite.quantiles.map { $0.threshold(suite.tau) },
      valueThreshold: suite.tau.scalar.fraction,
      budgets: suite.budgets.flatMap { entry in
        entry.metric.globs.map { MetricBudget(pattern: $0, budget: entry.budget.fraction) }
      },
      deadlines: suite.deadlines.map { entry in
        MetricDeadline(
          text: entry.metric.text, patterns: entry.metric.globs,
          limit: UInt64((entry.limit / .nanoseconds(1)).rounded()), allowed: entry.exceed.fraction,
          stacks: entry.stacks)
      }, gating: suite.gating.flatMap(\.globs), sentinels: suite.sentinels.flatMap(\.globs),
      freeSwitching: freeSwitching, minimumRuns: min(3, suite.runs.planned),
      lossLimit: suite.limits.lossMax.fraction,
      dropImbalance: suite.limits.dropImbalance.fraction,
      conditionTolerance: suite.limits.conditionMax.fraction,
      maximumCPUShare: suite.overhead.cpuMax.fraction,
      maximumSlowdown: suite.overhead.slowdownMax.fraction)
  }
}

extension SuiteDefinition.Quantile {
  fileprivate func threshold(_ tau: SuiteDefinition.Tau) -> QuantileThreshold {
    switch self {
    case .p50: QuantileThreshold(probability: 0.5, threshold: tau.p50.fraction)
    case .p90: QuantileThreshold(probability: 0.9, threshold: tau.p90.fraction)
    case .p99: QuantileThreshold(probability: 0.99, threshold: tau.p99.fraction)
    }
  }
}
