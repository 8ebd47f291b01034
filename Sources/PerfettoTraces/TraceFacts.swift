/// What a trace says of its device and of itself.
package struct TraceFacts: Sendable, Equatable {
  /// `uname -r`, `-v`, `-m`; empty when not told.
  package var kernelRelease = ""
  package var kernelVersion = ""
  package var machine = ""
  /// `ro.build.fingerprint`; empty when not told.
  package var fingerprint = ""
  package var manufacturer = ""
  package var socModel = ""
  /// CLOCK_REALTIME of the first snapshot, ns since 1970; nil when not told.
  package var realtimeNs: UInt64?
  /// Why events may be missing, in words, each once.
  package var gaps: [String] = []
  /// Events that the kernel does not have, and those that perfetto may not enable, as `group/name`.
  package var unknownEvents: Set<String> = []
  package var refusedEvents: Set<String> = []
  /// CLOCK_BOOTTIME ns from which on, and up to which, everything was recorded; nil when not told.
  package var startedNs: UInt64?
  package var endedNs: UInt64?
  /// Whether the events' times are CLOCK_BOOTTIME, perfetto's choice wherever the kernel has it.
  package var isBootTime = true
  /// CLOCK_BOOTTIME less CLOCK_MONOTONIC of each snapshot, ns.
  var suspendedNs: [Int64] = []

  /// Whether the device was suspended between two snapshots.
  package var wasSuspended: Bool {
    guard let least = suspendedNs.min(), let most = suspendedNs.max() else { return false }
    // Snapshots read one clock after the other.
    return most - least > 10_000_000
  }

  mutating func gap(_ reason: String) {
    if !gaps.contains(reason) { gaps.append(reason) }
  }
}

/// A process as the trace's process tree has it.
struct TracedProcess: Equatable {
  var name = ""
  var parent: UInt32 = 0
  var isKernel = false
}
