/// What the agent says of itself and its device in answer to the greeting.
package struct AgentFacts: Sendable, Equatable {
  /// `arm64`, `armv7` or `x86_64`: what the agent was built for.
  package var abi: String
  package var bootID: String
  package var kernelRelease: String
  /// Hex; empty if unreadable.
  package var kernelBuildID: String
  package var possibleCPUs: UInt32
  /// As in `/sys/devices/system/cpu/online`, such as `0-3`.
  package var onlineCPUs: String
  package var userID: UInt32
  /// Hz of the arm generic timer; 0 = not applicable.
  package var counterFrequency: UInt64
  package var features: [AgentFeature]
  /// The agent of another session that the device has, in words; nil = there is none.
  package var otherSession: String?

  /// Probes that the firmware pinned and the agent may open.
  package var pinnedProbes: [String] {
    guard let feature = features.first(where: { $0.name == "pinned" }), feature.state == .yes
    else { return [] }
    return feature.reason.split(separator: ",").map(String.init)
  }
}

/// A kernel facility that probes may need.
package struct AgentFeature: Sendable, Equatable {
  package enum State: String, Sendable {
    case yes, no, unknown
  }

  package var name: String
  package var state: State
  /// Why not; empty when nothing was said.
  package var reason: String

  package init(name: String, state: State, reason: String) {
    self.name = name
    self.state = state
    self.reason = reason
  }

  /// Reads `name=yes|no|unknown[: why]`; any other word counts as unknown.
  package init(line: String) {
    let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    let rest = (parts.count > 1 ? parts[1] : "").split(
      separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    state = State(rawValue: String(rest.first ?? "")) ?? .unknown
    reason = rest.count > 1 ? String(rest[1].drop { $0 == " " }) : ""
  }
}

/// How one hook of a probe was attached, or would be.
package struct AgentHook: Sendable, Equatable {
  package var probe: String
  package var hook: String
  /// `tp_btf`, `raw_tp`, `tracepoint`, `kprobe`, `ftrace`; empty = none fits.
  package var rung: String
  package var program: String
  /// Why the rungs above it were passed over; empty when none was.
  package var reason: String
}

/// How a step went. A failing step is a result.
package struct AgentStepResult: Sendable, Equatable {
  package enum Ending: Sendable, Equatable {
    case exited(UInt32)
    case signalled(UInt32)
  }

  /// Position in its phase, from 0.
  package var index: Int
  package var ending: Ending
  package var durationNanoseconds: UInt64
  /// At most `LG_OUTPUT_LIMIT` bytes each; what is longer was cut.
  package var standardOutput: [UInt8]
  package var standardError: [UInt8]
}

/// One histogram of a metric: the values of one label.
package struct AgentHistogram: Sendable, Equatable {
  package var metricID: UInt32
  /// The label's bytes as the probe keyed them.
  package var key: [UInt8]
  /// The label's text where the probe keeps one.
  package var labelName: String?
  package var count: UInt64
  /// Nanoseconds.
  package var sum: UInt64
  /// Nanoseconds.
  package var max: UInt64
  /// Ascending; the counts add up to `count`.
  package var buckets: [SparseBucket]
}

/// One count of a metric: the events of one label.
package struct AgentCount: Sendable, Equatable {
  package var metricID: UInt32
  /// The label's bytes as the probe keyed them.
  package var key: [UInt8]
  /// The label's text where the probe keeps one.
  package var labelName: String?
  package var count: UInt64
  /// Of the value that every event has; `count` where they have none.
  package var sum: UInt64
}

/// Rows of a metric's events, in no order.
package struct AgentRows: Sendable, Equatable {
  package var metricID: UInt32
  /// Each as the probe laid it out.
  package var rows: [[UInt8]]
}

/// Where something happened, by one label of a metric.
package struct AgentStack: Sendable, Equatable {
  /// An address of a process.
  package struct Frame: Sendable, Equatable {
    /// Of the file that is mapped there, hex; nil where the kernel did not know it.
    package var buildID: String?
    /// In that file, or in memory.
    package var address: UInt64
  }

  package var metricID: UInt32
  /// The label's bytes as the probe keyed them.
  package var key: [UInt8]
  package var count: UInt64
  /// Of the weight that every event has; `count` where they have none.
  package var sum: UInt64
  /// Return addresses, innermost first.
  package var kernel: [UInt64]
  package var user: [Frame]
  /// Whether one of the two found no room.
  package var isLost: Bool
}

/// `struct lg_counters` of one metric, summed over the processors.
package struct AgentCounters: Sendable, Equatable {
  package var metricID: UInt32
  package var started: UInt64
  package var recorded: UInt64
  package var overwritten: UInt64
  package var cancelled: UInt64
  package var beforeWindow: UInt64
  package var afterWindow: UInt64
  package var noStart: UInt64
  package var stale: UInt64
  package var nullStorage: UInt64
  package var mapFull: UInt64
  package var clamped: UInt64
  package var excluded: UInt64
  package var negative: UInt64
  /// Judged operations still in flight after the drain.
  package var censored: UInt64
  /// Nanoseconds: their summed age when the window was closed for good.
  package var censoredAgeSum: UInt64
}

/// When a window was open. All times are nanoseconds of the device.
package struct AgentWindow: Sendable, Equatable {
  package var phase: UInt32
  /// CLOCK_MONOTONIC.
  package var opened: UInt64
  /// When judging of new starts ended.
  package var closed: UInt64
  /// When waiting for operations in flight ended.
  package var drained: UInt64
  /// CLOCK_BOOTTIME minus CLOCK_MONOTONIC; a change means that the device slept.
  package var bootOffsetBefore: UInt64
  package var bootOffsetAfter: UInt64
  package var onlineCPUsBefore: String
  package var onlineCPUsAfter: String
  /// Why what the trace probes counted is not valid; nil when it is.
  package var traceFault: String?
  /// Of the CPUs whose frequency trace events reported.
  package var frequencies: [AgentFrequency] = []
  /// Why they reported none; nil when they did, or nothing was traced.
  package var frequencyMissing: String?
}

/// How fast a CPU ran in a window.
package struct AgentFrequency: Sendable, Equatable {
  package var cpu: UInt32
  /// How much of the window is known, ns.
  package var knownNs: UInt64
  /// Weighted by time.
  package var meanKHz: UInt32
  package var changes: UInt64
}

/// Everything that one phase gave.
package struct PhaseResult: Sendable, Equatable {
  package var steps: [AgentStepResult]
  package var histograms: [AgentHistogram]
  package var counts: [AgentCount]
  package var rows: [AgentRows]
  package var stacks: [AgentStack]
  package var counters: [AgentCounters]
  package var window: AgentWindow
}

/// What one BPF program cost.
package struct AgentProgramStatistics: Sendable, Equatable {
  package var probe: String
  package var program: String
  package var runCount: UInt64
  package var runNanoseconds: UInt64
  package var recursionMisses: UInt64
}

/// A file of the device.
package struct AgentFile: Sendable, Equatable {
  package var path: String
  /// At most 256 KiB; nil for a file that is missing or unreadable.
  package var data: [UInt8]?
}
