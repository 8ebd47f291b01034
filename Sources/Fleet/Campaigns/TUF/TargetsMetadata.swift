/// All campaigns there are, by the hash of their manifests.
package struct TargetsMetadata: RoleMetadata {
  package static let role = Role.targets

  package var version: Int64
  package var expires: MetadataTime
  /// By TUF's path: `campaigns/<id>.json`.
  package var files: [String: ListedFile]

  package init(version: Int64, expires: MetadataTime, files: [String: ListedFile]) {
    self.version = version
    self.expires = expires
    self.files = files
  }

  package init(
    _ reader: ValueReader, version: Int64, expires: MetadataTime
  ) throws(MetadataError) {
    self.version = version
    self.expires = expires
    files = [:]
    // Nobody else may list campaigns: delegations are not followed.
    for (path, value) in try reader.members("targets") {
      files[path] = try ListedFile(value, "targets: '\(path.prefix(100))'")
    }
  }

  package var members: [String: CanonicalValue] {
    ["targets": .object(files.mapValues { .object($0.members) })]
  }

  /// Ids of the campaigns, sorted.
  package var campaigns: [String] { files.keys.compactMap(CampaignPath.id).sorted() }

  /// A campaign's manifest.
  package func manifest(of id: String) -> ListedFile? { files[CampaignPath.target(id)] }
}

/// Where files are below a repository's address.
package enum CampaignPath {
  /// TUF's path of a campaign's manifest.
  package static func target(_ id: String) -> String { "campaigns/\(id).json" }

  /// The campaign that such a path is of.
  static func id(_ target: String) -> String? {
    guard target.hasPrefix("campaigns/"), target.hasSuffix(".json") else { return nil }
    let id = String(target.dropFirst(10).dropLast(5))
    return CampaignManifest.isID(id) ? id : nil
  }

  /// The file of a manifest with this hash.
  package static func manifest(_ id: String, hash: String) -> String {
    "targets/campaigns/\(hash).\(id).json"
  }

  package static func bundle(_ hash: String) -> String { "bundles/\(hash)" }

  package static func metadata(_ role: Role, version: Int64) -> String {
    role == .timestamp ? "timestamp.json" : "\(version).\(role.rawValue).json"
  }
}
