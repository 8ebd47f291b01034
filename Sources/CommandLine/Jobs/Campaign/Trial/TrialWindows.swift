import FleetReports

/// What the devices of a trial measured themselves.
struct TrialWindows: Sendable {
  /// Reports by arm: 0 is the control.
  private(set) var byArm: [Int: [FleetReport]] = [:]

  init(_ reports: [CollectedReport]) {
    let measured = reports.map(\.report)
      .filter { $0.kind == .measurement && $0.histograms.contains { !$0.buckets.isEmpty } }
    // The order of ids is that of hashes.
    byArm = Dictionary(grouping: measured) { Int($0.arm) }
      .mapValues { $0.sorted { ($0.incarnation, $0.sequence) < ($1.incarnation, $1.sequence) } }
  }

  /// Windows of the arm that has the fewest of `arms`.
  func fewest(of arms: [Int]) -> Int { arms.map { byArm[$0]?.count ?? 0 }.min() ?? 0 }

  /// How many operations an arm's windows hold.
  func events(_ arm: Int) -> UInt64 {
    (byArm[arm] ?? []).flatMap(\.histograms).reduce(0) { $0 + $1.count }
  }
}
