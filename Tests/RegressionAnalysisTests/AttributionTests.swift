import RunRecords
import Testing

@testable import RegressionAnalysis

/// Sentences about what else moved.
@Suite struct AttributionTests {
  private let chain = ProbeChain(
    related: [
      "fsync": ["block", "softirq", "runqueue"], "block": ["softirq", "runqueue"],
    ],
    metrics: [
      ("fsync.latency", "fsync"), ("block.queue", "block queue time"),
      ("block.device", "block device time"), ("softirq.run", "softirq handlers"),
      ("runqueue.wait", "run queue"),
    ])

  private func metric(
    _ name: String, labels: [String: String] = [:], statistic: Statistic = .quantile(0.99),
    _ outcome: MetricVerdict.Outcome, change: Double?, low: Double = -0.01, high: Double = 0.01,
    p: Double = 0.5, phase: String = "write"
  ) -> MetricVerdict {
    MetricVerdict(
      id: MetricID(name: name, phase: phase, labels: labels), statistic: statistic,
      outcome: outcome, gating: true, blocking: false, change: change,
      interval: change == nil ? nil : ChangeInterval(low: low, high: high),
      p: change == nil ? nil : p, threshold: change == nil ? nil : 0.05, grade: .interleaved)
  }

  private func verdict(_ metrics: [MetricVerdict]) -> Verdict {
    Verdict(
      outcome: .regression, continuation: .settled, grade: .interleaved,
      reasons: [], probes: [], metrics: metrics, counts: VerdictCounts(metrics),
      runs: RunCounts(reference: 8, candidate: 8),
      comparisons: metrics.count, noiseFactor: 1)
  }

  private var slowFsync: MetricVerdict {
    metric("fsync.latency", .regression, change: 0.38, p: 1e-9)
  }

  @Test func theChainStandsInOrder() throws {
    let explain = verdict([
      metric("runqueue.wait", .noChange, change: 0.002),
      metric(
        "block.device", labels: ["dev": "mmcblk0", "op": "write"], .inconclusive, change: 0.41,
        low: 0.3, high: 0.5, p: 1e-7),
      metric(
        "block.device", labels: ["dev": "mmcblk0", "op": "read"], .noChange, change: 0.001),
    ])
    let found = attribute(base: verdict([slowFsync]), explain: explain, chain: chain)
    #expect(
      found.map(\.sentence) == [
        "fsync p99 +38%: block device time +41% on mmcblk0 writes; run queue unchanged"
      ])
    #expect(found[0].steps.map(\.metric.name) == ["block.device", "block.device", "runqueue.wait"])
    #expect(found[0].steps.map(\.standing) == [.unchanged, .slower, .unchanged])
  }

  @Test func whatIsNotShownIsNotCalledUnchanged() {
    let explain = verdict([
      metric("runqueue.wait", .inconclusive, change: 0.02, low: -0.09, high: 0.13),
      metric("block.queue", .notMeasurable, change: nil),
    ])
    #expect(
      attribute(base: verdict([slowFsync]), explain: explain, chain: chain).map(\.sentence) == [
        "fsync p99 +38%: block queue time not measured; run queue not resolved (±13%)"
      ])
  }

  @Test func aLargeChangeByChanceIsNoStep() {
    // p = .005 is nothing among three steps.
    let explain = verdict([
      metric("runqueue.wait", .inconclusive, change: 0.3, low: 0.1, high: 0.5, p: 0.005),
      metric("softirq.run", .noChange, change: 0.0),
      metric("block.queue", .noChange, change: 0.0),
    ])
    #expect(
      attribute(base: verdict([slowFsync]), explain: explain, chain: chain).map(\.sentence) == [
        "fsync p99 +38%: block queue time unchanged; softirq handlers unchanged; "
          + "run queue not resolved (±50%)"
      ])
  }

  @Test func otherPhasesAndUnrelatedMetricsStayOut() {
    let explain = verdict([
      metric("runqueue.wait", .noChange, change: 0, phase: "read"),
      metric("binder.call", .regression, change: 0.9, p: 1e-9),
    ])
    #expect(
      attribute(base: verdict([slowFsync]), explain: explain, chain: chain).first?.sentence
        == "fsync p99 +38%: nothing measured explains it")
  }

  @Test func theWorstStatisticOfAMetricSpeaks() {
    let base = verdict([
      metric("fsync.latency", statistic: .quantile(0.5), .regression, change: 0.06, p: 1e-9),
      slowFsync,
    ])
    let found = attribute(base: base, chain: chain)
    #expect(found.count == 1)
    #expect(found[0].statistic == .quantile(0.99))
  }

  @Test func aSlowerMachineIsNamed() {
    var base = verdict([slowFsync])
    base.conditions = [
      ConditionFinding(
        covariate: "speed", title: "machine speed", kind: .firmware, reference: 100,
        candidate: 80, spread: 0, text: "")
    ]
    #expect(
      attribute(base: base, chain: chain).map(\.sentence) == [
        "fsync p99 +38%: machine speed -20%, a property of the firmware"
      ])
  }

  @Test func aStateThatWasZeroHasNoRelativeChange() {
    var base = verdict([slowFsync])
    base.conditions = [
      ConditionFinding(
        covariate: "throttle", title: "throttle state", kind: .firmware, reference: 0,
        candidate: 2, spread: 0, text: "")
    ]
    #expect(
      attribute(base: base, chain: chain).map(\.sentence) == [
        "fsync p99 +38%: throttle state 0 to 2, a property of the firmware"
      ])
  }

  @Test func theExplainingPassNeedsTheStepsProbesOnce() {
    let slow = [
      MetricID(name: "fsync.latency", phase: "write"),
      MetricID(name: "block.device", phase: "write"),
    ]
    #expect(chain.probes(explaining: slow) == ["softirq", "runqueue"])
    #expect(chain.probes(explaining: [slow[0]]) == ["block", "softirq", "runqueue"])
    #expect(chain.probes(explaining: []).isEmpty)
  }
}
