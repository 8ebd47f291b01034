import AgentSession
import Catalogs
import RunRecords

/// A way in which a probe can be made to work. Tier T0 has two: the agent's own tracing, and the
/// device's perfetto where tracing is taken or out of the agent's reach.
package enum Route: Sendable, Equatable, CaseIterable {
  /// Best first.
  case t2, t1, t0, perfetto

  package var tier: Tier {
    switch self {
    case .t2: .t2
    case .t1: .t1
    case .t0, .perfetto: .t0
    }
  }

  /// Why a scope cannot be distinguished on this route; nil when it can.
  func obstacle(to scope: RunScope) -> String? {
    switch (self, scope.kind) {
    case (.t2, _), (.t0, .pid): nil
    case (.t1, _):
      "what the firmware pinned measures everyone: a scope is set as a program is loaded"
    case (.t0, _):
      "trace events say neither the name nor the cgroup that a thread has as an operation begins; "
        + "--pid can be read from them"
    case (.perfetto, _): "a recording is folded for everyone"
    }
  }

  /// `T2`, or `T0 by perfetto`.
  package var text: String { self == .perfetto ? "T0 by perfetto" : tier.rawValue }
}

/// Which routes to try for one probe on one device, best first, and why the others are not tried.
///
/// Decided from what the agent's greeting says and the probe's manifest alone; whether a tier
/// really works is only known once it was tried.
package struct TierPlan: Sendable, Equatable {
  /// A route that is not used, and what to do to get it.
  package struct PassedOver: Sendable, Equatable {
    package var route: Route
    package var reason: String
    /// Nil when nothing can be done about it, or the user chose another tier.
    package var remedy: String?

    package init(route: Route, reason: String, remedy: String? = nil) {
      self.route = route
      self.reason = reason
      self.remedy = remedy
    }
  }

  /// In the order in which they are to be tried.
  package var candidates: [Route] = []
  /// The rest, best first.
  package var passedOver: [PassedOver] = []

  /// - Parameters:
  ///   - probe: the manifest.
  ///   - features: those of the agent's greeting.
  ///   - choice: the only tier that may be used; nil = any.
  ///   - scope: whose operations are to be measured; nil = everyone's.
  ///   - hasExternalBTF: whether BTF of the device's kernel is at hand beside the device's own.
  package init(
    probe: ProbeManifest, features: [AgentFeature], choice: Tier? = nil,
    scope: RunScope? = nil, hasExternalBTF: Bool = false
  ) {
    let device = TierSupport(features: features, hasExternalBTF: hasExternalBTF)
    for route in Route.allCases {
      if let choice, choice != route.tier {
        passedOver.append(
          PassedOver(route: route, reason: "--tier \(choice.rawValue) was given"))
      } else if let obstacle = device.obstacle(to: route, for: probe) {
        passedOver.append(obstacle)
      } else if let scope, let reason = route.obstacle(to: scope) {
        passedOver.append(PassedOver(route: route, reason: reason))
      } else {
        candidates.append(route)
      }
    }
  }
}
