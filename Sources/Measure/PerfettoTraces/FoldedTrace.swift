import LatencyHistograms

/// What a trace folds to.
package struct FoldedTrace: Sendable, Equatable {
  package var facts: TraceFacts
  package var window: WindowMoments
  /// Why the window's metrics do not count, and which of them, by name; nil = all.
  package var faults: [FoldFault]
  /// Of the first kernel event, in the events' clock: by default CLOCK_BOOTTIME.
  package var firstNs: UInt64
  package var metrics: [FoldedMetric]
  /// Metrics that were asked for, and the events the trace lacks for them.
  package var missing: [String: [String]]
  package var frequencies: [FoldedFrequency]
  /// `sched_wakeup` was not recorded, so waits begin at `sched_waking`, somewhat earlier.
  package var wakingIsWakeup: Bool
}

/// Why metrics of a window do not count.
package struct FoldFault: Sendable, Equatable {
  package var reason: String
  /// Nil: all of them.
  package var metrics: [String]?
  /// Whether another window may be without it.
  package var isElsewhere: Bool
}

/// A metric over the window.
package struct FoldedMetric: Sendable, Equatable {
  package var name: String
  package var labels: [FoldedLabel]
  /// Of events, each as the probe would lay it out.
  package var rows: [[UInt8]]
  package var counters: FoldedCounters
  /// Names of the events it is made from.
  package var events: [String]
}

/// What a metric gives under the key that the probe's BPF map has.
package struct FoldedLabel: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case histogram(LatencyHistogram)
    case counter(count: UInt64, sum: UInt64)
  }

  package var key: [UInt8]
  package var name: String?
  package var value: Value

  /// Events.
  package var count: UInt64 {
    switch value {
    case .histogram(let histogram): histogram.count
    case .counter(let count, _): count
    }
  }

  /// Nil of a counter.
  package var histogram: LatencyHistogram? {
    if case .histogram(let histogram) = value { histogram } else { nil }
  }
}

/// As `lg_counters` in `probe_abi.h`, as far as traces can have them.
package struct FoldedCounters: Sendable, Equatable {
  package var started, recorded, overwritten, cancelled, beforeWindow, afterWindow: UInt64
  package var noStart, mapFull, clamped, excluded, negative, censored, censoredAgeSumNs: UInt64
}

/// How fast a CPU ran over the window, as far as its changes are known.
package struct FoldedFrequency: Sendable, Equatable {
  package var cpu: UInt32
  /// How much of the window is known, ns.
  package var knownNs: UInt64
  package var meanKHz: UInt32
  package var changes: UInt64
}
