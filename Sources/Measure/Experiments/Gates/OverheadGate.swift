import RunRecords

/// The probes' own cost by the kernel's account.
///
/// `bpf_stats` costs time itself and does not see kprobe traps, so it never runs in judged
/// iterations and the share it gives stands beside the workload's slowdown, not in its place.
package enum OverheadGate {
  /// Cost of all programs as a share of the CPUs' time, 0...1.
  /// - Parameters:
  ///   - programs: the kernel's account over the time.
  ///   - windowNs: how long `bpf_stats` was on, ns.
  ///   - cpus: CPUs online.
  /// - Returns: nil when no window was open: what no time was spent on has not cost nothing.
  package static func cpuShare(
    programs: [ProgramCost], windowNs: UInt64, cpus: Int
  ) -> Double? {
    let spent = programs.reduce(0.0) { $0 + Double($1.ns) }
    let available = Double(windowNs) * Double(max(1, cpus))
    return available > 0 ? spent / available : nil
  }
}
