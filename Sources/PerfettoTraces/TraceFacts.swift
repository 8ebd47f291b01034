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
  var isKernel = false
}
