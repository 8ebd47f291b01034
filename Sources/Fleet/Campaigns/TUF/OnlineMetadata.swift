/// Which list of campaigns is the present one.
package struct SnapshotMetadata: RoleMetadata {
  package static let role = Role.snapshot

  package var version: Int64
  package var expires: MetadataTime
  package var targets: ListedMetadata

  package init(version: Int64, expires: MetadataTime, targets: ListedMetadata) {
    self.version = version
    self.expires = expires
    self.targets = targets
  }

  package init(
    _ reader: ValueReader, version: Int64, expires: MetadataTime
  ) throws(MetadataError) {
    self.version = version
    self.expires = expires
    targets = try ListedMetadata(
      try reader.reader("meta").value("targets.json"), "snapshot: 'targets.json'")
  }

  package var members: [String: CanonicalValue] {
    ["meta": ["targets.json": targets.value]]
  }
}

/// That the snapshot is still the present one, and which campaigns do not run for now.
///
/// The two lists are members that TUF does not know and lets readers ignore. With them the online key
/// can stop a campaign at once and can never start one.
package struct TimestampMetadata: RoleMetadata {
  package static let role = Role.timestamp
  private static let pausedName = "x-latgate-paused"
  private static let revokedName = "x-latgate-revoked"

  package var version: Int64
  package var expires: MetadataTime
  package var snapshot: ListedMetadata
  /// Campaigns that keep their state and do not probe.
  package var paused: Set<String>
  /// Campaigns that never run again.
  package var revoked: Set<String>

  package init(
    version: Int64, expires: MetadataTime, snapshot: ListedMetadata, paused: Set<String> = [],
    revoked: Set<String> = []
  ) {
    self.version = version
    self.expires = expires
    self.snapshot = snapshot
    self.paused = paused
    self.revoked = revoked
  }

  package init(
    _ reader: ValueReader, version: Int64, expires: MetadataTime
  ) throws(MetadataError) {
    self.version = version
    self.expires = expires
    snapshot = try ListedMetadata(
      try reader.reader("meta").value("snapshot.json"), "timestamp: 'snapshot.json'")
    paused = reader.has(Self.pausedName) ? Set(try reader.texts(Self.pausedName)) : []
    revoked = reader.has(Self.revokedName) ? Set(try reader.texts(Self.revokedName)) : []
  }

  package var members: [String: CanonicalValue] {
    [
      "meta": ["snapshot.json": snapshot.value],
      Self.pausedName: .array(paused.sorted().map(CanonicalValue.string)),
      Self.revokedName: .array(revoked.sorted().map(CanonicalValue.string)),
    ]
  }
}
