/// What became of one requested probe.
package struct ProbeRecord: Codable, Sendable, Equatable {
  /// The end of a probe's way onto the device.
  package enum Status: String, Codable, Sendable, Equatable, CaseIterable {
    case loaded
    /// This build lacks a hook that others have.
    case lost
    /// The kernel lacks a feature the probe needs.
    case unsupported
    /// It crashed a device of this model and build before.
    case quarantined
  }

  package var name: String
  package var status: Status
  /// How the probe reached the kernel; nil unless loaded.
  package var tier: Tier?
  package var hooks: [HookRecord]
  /// Why the status is not `loaded`, or why no better tier is used; a line per tier.
  package var reason: String?
  /// Metrics of a loaded probe that this kernel does not have the hooks for, with the reason; nil: none.
  package var unsupported: [String: String]?
  /// What it counted under its own reference load; nil = it was not asked.
  package var check: CheckRecord?

  package init(
    name: String, status: Status, tier: Tier? = nil, hooks: [HookRecord] = [],
    reason: String? = nil, unsupported: [String: String]? = nil
  ) {
    self.unsupported = unsupported
    self.name = name
    self.status = status
    self.tier = tier
    self.hooks = hooks
    self.reason = reason
  }

  /// The way the probe is attached, as one word for ``MetricID/rung``: the rung when all hooks
  /// share one, else every hook with its rung. Empty without hooks.
  package var rung: String {
    let attached = hooks.filter { !$0.rung.isEmpty }
    let rungs = Set(attached.map(\.rung))
    if rungs.count <= 1 { return rungs.first ?? "" }
    return attached.map { "\($0.hook)=\($0.rung)" }.sorted().joined(separator: ";")
  }
}

/// One hook of a probe and the rung of the ladder it got.
package struct HookRecord: Codable, Sendable, Equatable {
  package var hook: String
  /// `tp_btf`, `raw_tp`, `tracepoint`, `kprobe`; in tier T0 `ftrace`, `ftrace-waking` where waits
  /// begin at `sched_waking`, or `perfetto` where that recorded; empty = none fits.
  package var rung: String
  package var program: String
  /// Why the rungs above it were passed over; empty if none was.
  package var why: String

  package init(
    hook: String, rung: String, program: String, why: String
  ) {
    self.hook = hook
    self.rung = rung
    self.program = program
    self.why = why
  }
}
