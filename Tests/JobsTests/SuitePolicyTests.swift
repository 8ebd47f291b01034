import Catalogs
import RegressionAnalysis
import Testing

@testable import Jobs

/// What a suite's file asks of a verdict.
@Suite struct SuitePolicyTests {
  private func policy(_ gates: String, runs: String = "") throws -> VerdictPolicy {
    let suite = try SuiteDefinition.parse(
      "suite: s\ndevice: d\nworkload: w\nprobes: [p]\n\(runs)\(gates)", file: "s.yaml")
    return VerdictPolicy(suite: suite, freeSwitching: false)
  }

  @Test func gatesBecomeThresholdsBudgetsAndPatterns() throws {
    let policy = try policy(
      """
      gates:
        tau: {p50: 2%, p90: 6%}
        quantiles: [p50, p90]
        metrics: [fsync.latency]
        sentinels: [sentinel.spin]
        budgets:
          - {metric: fsync.*, budget: 60%}

      """)
    #expect(policy.quantiles.map(\.probability) == [0.5, 0.9])
    #expect(policy.quantiles.map(\.threshold) == [0.02, 0.06])
    #expect(policy.budgets.allSatisfy { $0.budget == 0.6 && $0.pattern.hasPrefix("fsync.") })
    #expect(!policy.budgets.isEmpty && !policy.gating.isEmpty && !policy.sentinels.isEmpty)
    #expect(policy.gating.allSatisfy { $0.hasPrefix("fsync.latency") })
    #expect(!policy.freeSwitching)
  }

  @Test func withoutGatesAllMetricsDecide() throws {
    let policy = try policy("")
    #expect(policy.gating.contains("*"))
    #expect(policy.quantiles.map(\.probability) == [0.5, 0.9, 0.99])
    #expect(policy.minimumRuns == 3)
  }
}
