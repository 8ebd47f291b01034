/// Metadata with their signatures: a file of the repository.
package struct SignedMetadata<Metadata: RoleMetadata>: Sendable {
  package let metadata: Metadata
  /// What is signed, as canonical bytes.
  private let signed: [UInt8]
  private let signatures: [(key: String, bytes: [UInt8])]
  /// The file.
  package let bytes: [UInt8]

  /// Signs.
  package init(_ metadata: Metadata, keys: [SigningKey]) throws {
    self.metadata = metadata
    signed = metadata.value.canonical
    var made: [(String, [UInt8])] = []
    for key in keys { made.append((key.publicKey.id, try key.signature(over: signed))) }
    signatures = made.sorted { $0.0 < $1.0 }
    let list = signatures.map { entry -> CanonicalValue in
      ["keyid": .string(entry.key), "sig": .string(Hex.text(entry.bytes))]
    }
    bytes = CanonicalValue.object(["signatures": .array(list), "signed": metadata.value]).canonical
  }

  /// Reads a file; nothing of it is believed until ``verify(by:)``.
  package init(bytes: [UInt8]) throws(MetadataError) {
    let role = Metadata.role
    guard bytes.count <= role.mostBytes else {
      throw .oversize(file: "\(role.rawValue).json", limit: role.mostBytes)
    }
    self.bytes = bytes
    let reader = try ValueReader(try CanonicalValue(json: bytes), "\(role.rawValue).json")
    let value = try reader.value("signed")
    signed = value.canonical
    metadata = try Metadata(value: value)
    var read: [(String, [UInt8])] = []
    for entry in try reader.array("signatures") {
      let entry = try ValueReader(entry, "\(role.rawValue).json: a signature")
      let id = try entry.text("keyid")
      guard !read.contains(where: { $0.0 == id }) else {
        throw .malformed("\(role.rawValue).json: two signatures of key \(id.prefix(64))")
      }
      // One of another kind of key may look otherwise: it does not count.
      read.append((id, Hex.bytes(try entry.text("sig")) ?? []))
    }
    signatures = read
  }

  /// - Throws: ``MetadataError/threshold(role:valid:needed:)`` where too few of the role's keys signed.
  package func verify(by root: RootMetadata) throws(MetadataError) {
    let holders = root.holders(of: Metadata.role)
    let valid = Set(
      holders.keys.filter { key in
        signatures.contains { $0.key == key.id && key.verifies($0.bytes, over: signed) }
      }.map(\.id)
    ).count
    guard valid >= holders.threshold else {
      throw .threshold(role: Metadata.role, valid: valid, needed: holders.threshold)
    }
  }

  /// Whether one of these keys is among those that signed.
  package func isSigned(by key: MetadataKey) -> Bool {
    signatures.contains { $0.key == key.id && key.verifies($0.bytes, over: signed) }
  }
}
