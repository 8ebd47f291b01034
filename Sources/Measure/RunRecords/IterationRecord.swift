/// One pass through the workload inside a run.
package struct IterationRecord: Codable, Sendable, Equatable {
  /// What the pass was for. Only `measured` ones are judged.
  package enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
    case measured
    case warmup
    /// Made to learn the probes' own cost.
    case overhead
  }

  package var index: Int
  package var kind: Kind
  /// CLOCK_BOOTTIME at its start, ns.
  package var startedUptimeNs: UInt64
  package var phases: [PhaseRecord]
  /// Numbers that may explain a difference, named with their unit; ``Covariate`` lists those
  /// that a verdict looks at.
  package var covariates: [String: Double]
  package var notes: [String: String]
  /// Why the iteration must not be judged; nil = it counts. Drops are compared between arms.
  package var dropped: String?
  /// What kind of reason it was; nil when it counts, and in records of older versions.
  package var dropCause: DropCause?

  package init(
    index: Int, kind: Kind, startedUptimeNs: UInt64, phases: [PhaseRecord] = [],
    covariates: [String: Double] = [:], notes: [String: String] = [:], dropped: String? = nil,
    dropCause: DropCause? = nil
  ) {
    self.index = index
    self.kind = kind
    self.startedUptimeNs = startedUptimeNs
    self.phases = phases
    self.covariates = covariates
    self.notes = notes
    self.dropped = dropped
    self.dropCause = dropCause
  }

  /// Whether the iteration is evidence.
  package var isJudged: Bool { kind == .measured && dropped == nil }
}

/// A number parsed from a step's output or read from the device.
package struct ScalarRecord: Codable, Sendable, Equatable {
  /// Which direction is good.
  package enum Better: String, Codable, Sendable, Equatable, CaseIterable {
    case lower
    case higher
  }

  package var metric: String
  package var unit: String
  package var value: Double
  package var better: Better

  package init(
    metric: String, unit: String, value: Double, better: Better
  ) {
    self.metric = metric
    self.unit = unit
    self.value = value
    self.better = better
  }
}

/// A workload step as it ended.
package struct StepRecord: Codable, Sendable, Equatable {
  package var command: String
  /// Nil when a signal ended it.
  package var exitCode: Int?
  package var signal: Int?
  package var durationNs: UInt64

  package init(
    command: String, exitCode: Int? = nil, signal: Int? = nil, durationNs: UInt64
  ) {
    self.command = command
    self.exitCode = exitCode
    self.signal = signal
    self.durationNs = durationNs
  }
}
