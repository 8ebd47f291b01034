/// When the device was suspended, by snapshots of its clocks.
struct SuspendedTime {
  /// Snapshots read one clock after the other, ns.
  private static let jitterNs: Int64 = 10_000_000

  /// CLOCK_BOOTTIME, and how much further it is than CLOCK_MONOTONIC.
  private var snapshots: [(boottime: UInt64, suspended: Int64)] = []

  mutating func add(monotonic: UInt64, boottime: UInt64) {
    snapshots.append((boottime, Int64(truncatingIfNeeded: boottime &- monotonic)))
  }

  /// The times between two snapshots in which it was.
  var gaps: [TraceGap] {
    let sorted = snapshots.sorted { $0.boottime < $1.boottime }
    return zip(sorted, sorted.dropFirst()).filter {
      let (step, overflow) = $1.suspended.subtractingReportingOverflow($0.suspended)
      return overflow || step.magnitude > Self.jitterNs.magnitude
    }.map {
      TraceGap(reason: "the device was suspended", from: $0.boottime, until: $1.boottime)
    }
  }
}
