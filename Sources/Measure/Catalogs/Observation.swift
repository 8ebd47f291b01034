// A look at a device during its ordinary work: no suite file, no workload of its own.

extension SuiteDefinition {
  /// Name of suite and workload in records.
  package static let observation = "observe"

  /// Nothing is waited for and nothing is compared: the present state is the result.
  package static func observing(probes: [String], on device: String) -> SuiteDefinition {
    SuiteDefinition(
      name: observation, description: "a look at a device as it is", device: device,
      workload: observation, probes: probes, reference: nil, candidate: nil, iterations: 1,
      warmup: 0, runs: Runs(planned: 3, most: 3),
      settle: Settle(
        limit: .seconds(60), quiet: .zero, uptimeMin: .zero,
        cpuPressureMax: Percentage(fraction: 1), cpuBusyMax: Percentage(fraction: 1),
        iterationLimit: .zero),
      overhead: Overhead(
        slowdownMax: Percentage(fraction: 1), cpuMax: Percentage(fraction: 1), iterations: 0),
      limits: Limits(
        lossMax: Percentage(fraction: 0.001), dropImbalance: Percentage(fraction: 1),
        conditionMax: Percentage(fraction: 1), drain: .seconds(2)),
      tau: Tau(
        p50: Percentage(fraction: 0.03), p90: Percentage(fraction: 0.04),
        p99: Percentage(fraction: 0.05), scalar: Percentage(fraction: 0.03)),
      budgets: [], gating: [], sentinels: [], file: "")
  }
}

extension WorkloadDefinition {
  /// Waits while the device does what it does.
  package static func observing(for time: Duration) -> WorkloadDefinition {
    let wait = WorkloadStep(
      action: .sleep(time), timeout: time + .seconds(60), scalars: [], text: "sleep")
    return WorkloadDefinition(
      name: SuiteDefinition.observation, description: "what the device does anyway", cache: .warm,
      warmup: 0, setup: [],
      phases: [
        WorkloadPhase(
          name: "now", description: "", steps: [wait], preroll: .milliseconds(100), drain: nil)
      ], teardown: [], file: "")
  }
}

extension WorkloadDefinition {
  /// Name of suite and workload in records of what somebody watched.
  package static let watching = "live"

  /// Windows that somebody watches, without steps. What is in flight at their ends is not worth a wait.
  package static let watched = WorkloadDefinition(
    name: watching, description: "what the device does anyway", cache: .warm, warmup: 0, setup: [],
    phases: [
      WorkloadPhase(
        name: "now", description: "", steps: [], preroll: .milliseconds(100),
        drain: .milliseconds(300))
    ], teardown: [], file: "")
}

extension DeviceDefinition.Stability {
  /// Bounds nothing.
  package static let none = Self(allowsHotplug: true, dropsThrottled: false)
}
