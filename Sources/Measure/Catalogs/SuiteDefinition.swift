import RunRecords

/// What `targets/suites/<name>.yaml` says: a device, a workload, probes and the gates.
package struct SuiteDefinition: Sendable, Equatable {
  /// Runs per arm.
  package struct Runs: Sendable, Equatable {
    /// Made unless the verdict is settled before; 3 or more.
    package var planned: Int
    /// Made at most, where something is left open; at least ``planned``.
    package var most: Int

    /// What is made at most by default: so many more that a defect of every second boot is
    /// found more often than not (docs/verdict.md).
    package static func usualMost(planned: Int) -> Int { planned * 5 / 2 }

    /// Most that may be planned, and that may be made.
    package static let mostPlanned = 200
    package static let mostMade = 500
  }

  /// Measured ones of a run.
  package static let mostIterations = 1000

  /// How long to wait for a quiet device, the same for both arms.
  package struct Settle: Sendable, Equatable {
    /// After which the run fails.
    package var limit: Duration
    /// How long it must have been quiet.
    package var quiet: Duration
    /// Iterations start no earlier after boot, so that both arms have the same age.
    package var uptimeMin: Duration
    /// Share of time that some task waited for a CPU (PSI avg10).
    package var cpuPressureMax: Percentage
    /// Share of all CPUs' time that may be busy, after the boot and before every iteration.
    package var cpuBusyMax: Percentage
    /// How long an iteration may wait to start: for its temperature band and for quiet CPUs.
    package var iterationLimit: Duration
  }

  /// What the probes may cost.
  package struct Overhead: Sendable, Equatable {
    /// Slowdown of the workload with probes against without.
    package var slowdownMax: Percentage
    /// Share of all CPU time spent in probes.
    package var cpuMax: Percentage
    /// Pairs of iterations, probes off and on, per run that measures it; 0 = not measured. From
    /// two on the slowdown has an interval.
    package var iterations: Int
  }

  /// What the data may lack.
  package struct Limits: Sendable, Equatable {
    /// Share of operations lost by a metric; above it the metric is invalid.
    package var lossMax: Percentage
    /// Difference of the arms' shares of dropped iterations; above it nothing is concluded.
    package var dropImbalance: Percentage
    /// Difference of a bench condition, such as the machine's speed, that counts as none.
    package var conditionMax: Percentage
    /// Longest wait for operations in flight after a window.
    package var drain: Duration
  }

  /// The smallest change that matters, per statistic.
  package struct Tau: Sendable, Equatable {
    package var p50: Percentage
    package var p90: Percentage
    package var p99: Percentage
    package var scalar: Percentage
  }

  /// A quantile of a histogram.
  package enum Quantile: String, Sendable, Equatable, CaseIterable {
    case p50, p90, p99
  }

  /// How much worse some metrics may get.
  package struct Budget: Sendable, Equatable {
    package var metric: MetricPattern
    /// Limit of the change's upper bound.
    package var budget: Percentage
  }

  /// A fixed limit of operations' durations.
  package struct Deadline: Sendable, Equatable {
    package var metric: MetricPattern
    /// From 1 ns to 60 s, the range of histograms.
    package var limit: Duration
    /// Share of the candidate's operations that may take longer; 0 = none at all.
    package var exceed: Percentage
    /// Metric of stacks that shows where the code was in the longest operations; nil = none.
    package var stacks: String?
  }

  package var name: String
  package var description: String
  /// Name of a device.
  package var device: String
  /// Name of a workload.
  package var workload: String
  /// Names of probes, at least one.
  package var probes: [String]
  /// Name of a firmware; nil = to be given when the suite is used.
  package var reference: String?
  package var candidate: String?
  /// Whether ``reference`` and ``candidate`` are meant to be one firmware.
  package var isAA = false
  /// Measured iterations per run; where the file has none, what is made before a better number is
  /// known.
  package var iterations: Int
  /// Whether a check chooses ``iterations`` by what a boot and an iteration cost on the rig.
  package var choosesIterations = false
  /// Iterations made first and not judged; nil = the workload's.
  package var warmup: Int?
  package var runs: Runs
  package var settle: Settle
  package var overhead: Overhead
  package var limits: Limits
  package var tau: Tau
  /// Those of histograms that are judged, in order; never empty.
  package var quantiles = Quantile.allCases
  /// The first that matches a metric holds; without a match it is three times tau.
  package var budgets: [Budget]
  /// Fixed limits; each of them decides.
  package var deadlines: [Deadline] = []
  /// Metrics that decide; others are shown only.
  package var gating: [MetricPattern]
  /// Metrics that no firmware can change: when one moves, the bench did. They never gate.
  package var sentinels: [MetricPattern]
  /// Counters that are judged, by name, and which direction is good: their sum per second, over all
  /// labels, is a number of the phase. Others are shown only.
  package var counters: [String: ScalarRecord.Better] = [:]
  /// Path of the file it was read from.
  package var file: String
}
