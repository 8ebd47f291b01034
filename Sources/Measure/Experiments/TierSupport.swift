import AgentSession
import Catalogs
import RunRecords

/// What a device allows on each route, by the feature lines of the agent's greeting.
package struct TierSupport: Sendable, Equatable {
  private let features: [String: AgentFeature]
  private let hasExternalBTF: Bool

  package init(features: [AgentFeature], hasExternalBTF: Bool = false) {
    self.features = Dictionary(features.map { ($0.name, $0) }) { first, _ in first }
    self.hasExternalBTF = hasExternalBTF
  }

  /// Why no probe at all can use a route here; nil when it is worth trying, as perfetto always is:
  /// only the device's shell shows whether there is one.
  package func obstacle(to route: Route) -> TierPlan.PassedOver? {
    switch route {
    case .perfetto: nil
    case .t2: loading
    case .t1:
      refusal(
        "pinned", of: .t1, otherwise: "no program of latgate is pinned on this firmware",
        remedy: "bake the probes into the firmware: 'latgate firmware-kit' writes what it needs")
    case .t0:
      refusal(
        "trace", of: .t0, otherwise: "the agent cannot read trace events here",
        remedy: "mount tracefs and let the shell's group (readtracefs, 3012) enable events, as "
          + "Android's atrace.rc does")
    }
  }

  /// Why one probe cannot use a route here; nil when it is worth trying.
  func obstacle(to route: Route, for probe: ProbeManifest) -> TierPlan.PassedOver? {
    if let obstacle = obstacle(to: route) { return obstacle }
    switch route {
    case .t2: return nil
    case .t1:
      guard let pinned = pinnedProbes, !pinned.contains(probe.name) else { return nil }
      return TierPlan.PassedOver(
        route: .t1, reason: "the firmware carries \(pinned.sorted().joined(separator: ", ")) only",
        remedy: "add the probe with 'latgate firmware-kit'")
    case .t0, .perfetto:
      guard probe.t0Metrics.isEmpty else { return nil }
      let reasons = probe.metrics.compactMap { $0.table?.traceObjection($0.key) }
      return TierPlan.PassedOver(
        route: route,
        reason: "no trace events give what this probe measures"
          + (reasons.first.map { ": \($0)" } ?? ""))
    }
  }

  private var loading: TierPlan.PassedOver? {
    if let refused = refusal(
      "bpf", of: .t2, otherwise: nil,
      remedy: "use a root shell ('adb root' on a userdebug or eng build)")
    {
      return refused
    }
    guard !hasExternalBTF else { return nil }
    return refusal(
      "btf", of: .t2, otherwise: nil, remedy: "give the BTF of the kernel's build")
  }

  /// A feature that is not there; one that was not mentioned counts as missing when `otherwise`
  /// says what that means, and is worth trying when it is nil.
  private func refusal(
    _ name: String, of route: Route, otherwise: String?, remedy: String
  ) -> TierPlan.PassedOver? {
    guard let feature = features[name] else {
      return otherwise.map { TierPlan.PassedOver(route: route, reason: $0, remedy: remedy) }
    }
    guard feature.state == .no else { return nil }
    let reason = feature.reason.isEmpty ? otherwise ?? "the device says no" : feature.reason
    return TierPlan.PassedOver(route: route, reason: reason, remedy: remedy)
  }

  /// Names in the reason of `pinned=yes: a b`; nil when the agent does not list them.
  private var pinnedProbes: Set<String>? {
    guard let reason = features["pinned"]?.reason, !reason.isEmpty else { return nil }
    return Set(reason.split { " ,".contains($0) }.map(String.init))
  }
}
