/// What a device believes of a repository; it is kept over restarts.
package struct TrustedState: Sendable {
  /// The one that the firmware brought, or one that it led to.
  package internal(set) var root: SignedMetadata<RootMetadata>
  package internal(set) var timestamp: SignedMetadata<TimestampMetadata>?
  package internal(set) var snapshot: SignedMetadata<SnapshotMetadata>?
  package internal(set) var targets: SignedMetadata<TargetsMetadata>?

  /// - Parameter root: root metadata that are trusted without proof, as a file.
  /// - Throws: ``MetadataError`` when they are none, or do not carry the signatures that they ask for.
  package init(root: [UInt8]) throws(MetadataError) {
    self.root = try SignedMetadata(bytes: root)
    try self.root.verify(by: self.root.metadata)
  }

  /// The next version of root has to be signed by the holders of both (TUF 5.3).
  mutating func take(root bytes: [UInt8]) throws(MetadataError) {
    let next = try SignedMetadata<RootMetadata>(bytes: bytes)
    try next.verify(by: root.metadata)
    try next.verify(by: next.metadata)
    let expected = root.metadata.version + 1
    guard next.metadata.version == expected else {
      throw .version(role: .root, version: next.metadata.version, expected: expected)
    }
    // Whoever held a key before may have counted versions far up.
    let isOnlineSame = [Role.timestamp, .snapshot].allSatisfy {
      next.metadata.holders(of: $0) == root.metadata.holders(of: $0)
    }
    if !isOnlineSame { (timestamp, snapshot) = (nil, nil) }
    root = next
  }

  /// TUF 5.4. The same version again leaves the one that is known in its place.
  mutating func take(timestamp bytes: [UInt8], now: MetadataTime) throws(MetadataError) {
    let next = try SignedMetadata<TimestampMetadata>(bytes: bytes)
    try next.verify(by: root.metadata)
    if let known = timestamp?.metadata {
      guard next.metadata.version >= known.version else {
        throw .rollback(role: .timestamp, version: next.metadata.version, known: known.version)
      }
      if next.metadata.version == known.version { return try Self.check(known, now) }
      guard next.metadata.snapshot.version >= known.snapshot.version else {
        throw .rollback(
          role: .snapshot, version: next.metadata.snapshot.version, known: known.snapshot.version)
      }
    }
    try Self.check(next.metadata, now)
    timestamp = next
  }

  /// TUF 5.5.
  mutating func take(snapshot bytes: [UInt8], now: MetadataTime) throws(MetadataError) {
    guard let listed = timestamp?.metadata.snapshot else { throw .outOfOrder(.snapshot) }
    try listed.file.check(bytes, file: "snapshot.json")
    let next = try SignedMetadata<SnapshotMetadata>(bytes: bytes)
    try next.verify(by: root.metadata)
    try Self.check(next.metadata.version, .snapshot, announced: listed.version)
    if let known = snapshot?.metadata.targets.version, next.metadata.targets.version < known {
      throw .rollback(role: .targets, version: next.metadata.targets.version, known: known)
    }
    try Self.check(next.metadata, now)
    snapshot = next
  }

  /// TUF 5.6.
  mutating func take(targets bytes: [UInt8], now: MetadataTime) throws(MetadataError) {
    guard let listed = snapshot?.metadata.targets else { throw .outOfOrder(.targets) }
    try listed.file.check(bytes, file: "targets.json")
    let next = try SignedMetadata<TargetsMetadata>(bytes: bytes)
    try next.verify(by: root.metadata)
    try Self.check(next.metadata.version, .targets, announced: listed.version)
    try Self.check(next.metadata, now)
    targets = next
  }

  static func check(_ metadata: some RoleMetadata, _ now: MetadataTime) throws(MetadataError) {
    guard now < metadata.expires else {
      throw .expired(role: type(of: metadata).role, at: metadata.expires)
    }
  }

  private static func check(
    _ version: Int64, _ role: Role, announced: Int64
  ) throws(MetadataError) {
    guard version == announced else {
      throw .version(role: role, version: version, expected: announced)
    }
  }
}
