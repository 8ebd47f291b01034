/// How a probe can reach the kernel, best first.
package enum Tier: String, Codable, Sendable, Equatable, CaseIterable {
  /// Loaded at run time: root, or an engineering shell.
  case t2 = "T2"
  /// Baked into the firmware; attached where it is pinned.
  case t1 = "T1"
  /// Folded from trace events that an unprivileged shell may enable.
  case t0 = "T0"

  /// The last of some tiers in the order of ``allCases``; nil when there is none.
  package static func lowest(of tiers: [Tier]) -> Tier? {
    allCases.last { tiers.contains($0) }
  }
}
