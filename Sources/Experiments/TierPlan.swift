import AgentSession
import Catalogs
import RunRecords

/// Which tiers to try for one probe on one device, best first, and why the others are not tried.
///
/// Decided from what the agent's greeting says and the probe's manifest alone; whether a tier
/// really works is only known once it was tried.
package struct TierPlan: Sendable, Equatable {
  /// A tier that is not used, and what to do to get it.
  package struct PassedOver: Sendable, Equatable {
    package var tier: Tier
    package var reason: String
    /// Nil when nothing can be done about it, or the user chose another tier.
    package var remedy: String?

    package init(tier: Tier, reason: String, remedy: String? = nil) {
      self.tier = tier
      self.reason = reason
      self.remedy = remedy
    }
  }

  /// In the order in which they are to be tried.
  package var candidates: [Tier] = []
  /// The rest, best first.
  package var passedOver: [PassedOver] = []

  /// - Parameters:
  ///   - probe: the manifest.
  ///   - features: those of the agent's greeting.
  ///   - choice: the only tier that may be used; nil = any.
  ///   - hasExternalBTF: whether BTF of the device's kernel is at hand beside the device's own.
  package init(
    probe: ProbeManifest, features: [AgentFeature], choice: Tier? = nil,
    hasExternalBTF: Bool = false
  ) {
    let device = TierSupport(features: features, hasExternalBTF: hasExternalBTF)
    for tier in Tier.allCases {
      if let choice, choice != tier {
        passedOver.append(PassedOver(tier: tier, reason: "--tier \(choice.rawValue) was given"))
      } else if let obstacle = device.obstacle(to: tier, for: probe) {
        passedOver.append(obstacle)
      } else {
        candidates.append(tier)
      }
    }
  }
}
