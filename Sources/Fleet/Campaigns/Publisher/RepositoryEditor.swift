/// Makes the files of a repository's next version; pure, so that they can be looked at before they
/// are written.
///
/// Files are listed in the order in which they have to appear: what a reader finds named is there.
package struct RepositoryEditor: Sendable {
  /// A file below the repository's directory.
  package struct File: Sendable, Equatable {
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes
    }
  }

  /// How long signatures hold, in seconds.
  package struct Lifetimes: Sendable {
    package var root: Int64 = 365 * 86400
    package var targets: Int64 = 90 * 86400
    package var snapshot: Int64 = 14 * 86400
    package var timestamp: Int64 = 86400

    package init() {}
  }

  package let root: SignedMetadata<RootMetadata>
  private let now: MetadataTime
  package var lifetimes = Lifetimes()

  package init(root: SignedMetadata<RootMetadata>, now: MetadataTime) {
    self.root = root
    self.now = now
  }

  /// The first root: `holders` say who signs, the keys of root have to be among them.
  package static func firstRoot(
    holders: [Role: RootMetadata.Holders], keys: [SigningKey], now: MetadataTime,
    lifetimes: Lifetimes = Lifetimes()
  ) throws -> File {
    let root = RootMetadata(
      version: 1, expires: now.adding(seconds: lifetimes.root), holders: holders)
    let signed = try SignedMetadata(root, keys: keys)
    try signed.verify(by: root)
    return File(path: CampaignPath.metadata(.root, version: 1), bytes: signed.bytes)
  }

  /// The next root, with other holders or a later expiry.
  /// `keys` has to hold enough of the present root's and of the next one's.
  package func nextRoot(
    holders: [Role: RootMetadata.Holders], keys: [SigningKey]
  ) throws -> File {
    let next = RootMetadata(
      version: root.metadata.version + 1, expires: now.adding(seconds: lifetimes.root),
      holders: holders)
    let signed = try SignedMetadata(next, keys: keys)
    try signed.verify(by: root.metadata)
    try signed.verify(by: next)
    return File(path: CampaignPath.metadata(.root, version: next.version), bytes: signed.bytes)
  }

  /// A new list of campaigns; nobody sees it before
  /// ``publish(targets:after:snapshot:keys:change:)``.
  package func targets(
    _ files: [String: ListedFile], after last: TargetsMetadata?, keys: [SigningKey]
  ) throws -> File {
    let next = TargetsMetadata(
      version: (last?.version ?? 0) + 1, expires: now.adding(seconds: lifetimes.targets),
      files: files)
    return try signed(next, keys)
  }

  /// Makes a list of campaigns the present one, or says that it still is. `last` and `snapshot` are
  /// those that are out, nil the first time; `keys` hold those of snapshot and timestamp; `change`
  /// is what the timestamp says besides.
  package func publish(
    targets: SignedMetadata<TargetsMetadata>, after last: TimestampMetadata?,
    snapshot: SignedMetadata<SnapshotMetadata>?, keys: [SigningKey],
    change: (inout TimestampMetadata) -> Void = { _ in }
  ) throws -> [File] {
    try targets.verify(by: root.metadata)
    let listed = ListedMetadata(
      version: targets.metadata.version, file: ListedFile(of: targets.bytes))
    let isNew =
      snapshot.map {
        $0.metadata.targets != listed
          || $0.metadata.expires < now.adding(seconds: lifetimes.snapshot / 2)
          || (try? $0.verify(by: root.metadata)) == nil
      } ?? true
    var files: [File] = []
    var present = snapshot
    if isNew {
      let next = SnapshotMetadata(
        version: (snapshot?.metadata.version ?? 0) + 1,
        expires: now.adding(seconds: lifetimes.snapshot), targets: listed)
      let made = try SignedMetadata(next, keys: try holders(of: .snapshot, among: keys))
      files.append(
        File(path: CampaignPath.metadata(.snapshot, version: next.version), bytes: made.bytes))
      present = made
    }
    guard let present else { throw MetadataError.outOfOrder(.snapshot) }
    var timestamp = TimestampMetadata(
      version: (last?.version ?? 0) + 1, expires: now.adding(seconds: lifetimes.timestamp),
      snapshot: ListedMetadata(
        version: present.metadata.version, file: ListedFile(of: present.bytes)),
      paused: last?.paused ?? [], revoked: last?.revoked ?? [])
    change(&timestamp)
    files.append(try signed(timestamp, keys))
    return files
  }

  /// - Throws: also ``MetadataError/oversize(file:limit:)`` for what no device would read.
  private func signed<Metadata: RoleMetadata>(
    _ metadata: Metadata, _ keys: [SigningKey]
  ) throws -> File {
    let made = try SignedMetadata(metadata, keys: try holders(of: Metadata.role, among: keys))
    let path = CampaignPath.metadata(Metadata.role, version: metadata.version)
    guard made.bytes.count <= Metadata.role.mostBytes else {
      throw MetadataError.oversize(file: path, limit: Metadata.role.mostBytes)
    }
    return File(path: path, bytes: made.bytes)
  }

  /// Those of the keys that sign for a role.
  private func holders(
    of role: Role, among keys: [SigningKey]
  ) throws(MetadataError) -> [SigningKey] {
    let holders = root.metadata.holders(of: role)
    let found = keys.filter { holders.keys.contains($0.publicKey) }
    guard found.count >= holders.threshold else {
      throw .threshold(role: role, valid: found.count, needed: holders.threshold)
    }
    return found
  }
}
