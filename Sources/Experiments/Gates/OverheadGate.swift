import RunRecords

/// Judges the probes' own cost from iterations made for it alone.
///
/// `bpf_stats` costs time itself and does not see kprobe traps, so it never runs in judged
/// iterations and the share it gives stands beside the workload's slowdown, not in its place.
package enum OverheadGate {
  /// Cost of all programs as a share of the CPUs' time, 0...1.
  /// - Parameters:
  ///   - programs: the kernel's account over the time.
  ///   - windowNs: how long `bpf_stats` was on, ns.
  ///   - cpus: CPUs online.
  /// - Returns: 0 when no time has passed.
  package static func cpuShare(
    programs: [ProgramCost], windowNs: UInt64, cpus: Int
  ) -> Double {
    let spent = programs.reduce(0.0) { $0 + Double($1.ns) }
    let available = Double(windowNs) * Double(max(1, cpus))
    return available > 0 ? spent / available : 0
  }

  /// Relative slowdown of the workload: median over phases of (with / without) - 1, each phase at
  /// its median over iterations.
  ///
  /// A phase that is missing on one side or took no time is left out; nil when none is left.
  package static func slowdown(
    with attached: [PhaseRecord], without detached: [PhaseRecord]
  ) -> Double? {
    let plain = Dictionary(grouping: detached, by: \.name)
    let ratios = Dictionary(grouping: attached, by: \.name).compactMap { name, phases -> Double? in
      guard let with = median(phases.map { Double($0.durationNs) }),
        let without = median((plain[name] ?? []).map { Double($0.durationNs) }),
        with > 0, without > 0
      else { return nil }
      return with / without
    }
    return median(ratios).map { $0 - 1 }
  }

  private static func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
      ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// Why the run is invalid, naming the probe to drop; nil when the cost is within `budget`, the
  /// largest allowed share of CPU time, 0...1.
  package static func problem(_ overhead: OverheadRecord, budget: Double) -> String? {
    guard overhead.cpuShare > budget else { return nil }
    let costly = overhead.programs.max { $0.ns < $1.ns }
    let name = costly.map { "; \($0.probe) (\($0.program)) costs most: drop it first" } ?? ""
    return "probes take \(percent(overhead.cpuShare)) of the CPU time, the budget is "
      + percent(budget) + name
  }

  private static func percent(_ share: Double) -> String {
    let hundredths = (share * 10_000).rounded() / 100
    return "\(hundredths)%"
  }
}
