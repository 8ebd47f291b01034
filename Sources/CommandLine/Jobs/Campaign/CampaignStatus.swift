import CampaignFiles
import Campaigns
import Foundation
import Reporting

/// What a device would find in a repository now.
package struct CampaignStatus: Codable, Sendable {
  package struct Row: Codable, Sendable {
    package var id: String
    package var standing: String
    package var starts: String
    package var ends: String
    /// Share of the devices, such as `control 2%`.
    package var arms: [String]
    package var models: [String]
    package var metrics: [String]
    package var abis: [String]
    package var leaseSeconds: Int64
  }

  package struct Expiry: Codable, Sendable {
    package var role: String
    package var version: Int64
    package var expires: String
    /// Seconds.
    package var left: Int64
  }

  package var campaigns: [Row]
  package var revoked: [String]
  package var metadata: [Expiry]

  /// Verifies everything as a device does that has the first root only, and the bundles.
  /// - Throws: `CampaignFileError` where it would refuse something.
  package init(_ directory: RepositoryDirectory, now: MetadataTime) throws {
    let state = try directory.polled(now: now)
    campaigns = try state.campaigns.map { id in
      let manifest = try directory.manifest(id, state)
      try directory.check(bundles: manifest)
      return Row(
        id: id, standing: state.standing(of: id)?.rawValue ?? "",
        starts: manifest.schedule.starts.description, ends: manifest.schedule.ends.description,
        arms: manifest.arms.map {
          "\($0.name) \((Double($0.width) * 100 / Double(DeviceDraw.outcomes)).formatted())%"
        }, models: manifest.targeting.models, metrics: manifest.metrics.map(\.name),
        abis: manifest.bundles.keys.sorted(), leaseSeconds: manifest.schedule.lease)
    }
    revoked = state.timestamp?.metadata.revoked.sorted() ?? []
    func expiry(_ metadata: (some RoleMetadata)?) -> [Expiry] {
      metadata.map {
        [
          Expiry(
            role: type(of: $0).role.rawValue, version: $0.version,
            expires: $0.expires.description, left: $0.expires.seconds - now.seconds)
        ]
      } ?? []
    }
    metadata =
      expiry(state.root.metadata) + expiry(state.targets?.metadata)
      + expiry(state.snapshot?.metadata) + expiry(state.timestamp?.metadata)
  }
}

extension CampaignStatus: Reportable, WholeTextReport, JSONReport {
  package func json() throws -> Data { try encodedJSON(self) }

  package func text(width: Int, style: TextStyle) -> String {
    var listing = Listing([
      .init("campaign"), .init("standing"), .init("ends"), .init("arms"), .init("metrics"),
    ])
    for row in campaigns {
      listing.add([
        row.id, row.standing, row.ends, row.arms.joined(separator: ", "),
        row.metrics.joined(separator: ", "),
      ])
    }
    var roles = Listing([.init("signed"), .init("version", isNumber: true), .init("expires")])
    for one in metadata {
      let hours = one.left / 3600
      roles.add([
        one.role, "\(one.version)",
        "\(one.expires) (in \(hours < 48 ? "\(hours) h" : "\(hours / 24) days"))",
      ])
    }
    let gone = revoked.isEmpty ? "" : "revoked: \(revoked.joined(separator: ", "))\n"
    let list = campaigns.isEmpty ? "no campaign\n" : listing.text(width: width, style: style)
    return list + gone + "\n" + roles.text(width: width, style: style)
  }
}
