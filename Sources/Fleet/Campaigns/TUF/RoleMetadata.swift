/// What the metadata of a role say (TUF 4.3-4.6).
package protocol RoleMetadata: Sendable, Equatable {
  static var role: Role { get }
  /// From 1 on, counted up with each change.
  var version: Int64 { get set }
  var expires: MetadataTime { get set }
  /// Without type, version and expiry.
  init(_ reader: ValueReader, version: Int64, expires: MetadataTime) throws(MetadataError)
  /// The same, to be written.
  var members: [String: CanonicalValue] { get }
}

extension RoleMetadata {
  /// The version of TUF's specification that they are written to.
  static var specification: String { "1.0.31" }

  /// All that is signed.
  package var value: CanonicalValue {
    var members = members
    members["_type"] = .string(Self.role.rawValue)
    members["expires"] = .string(expires.description)
    members["spec_version"] = .string(Self.specification)
    members["version"] = .integer(version)
    return .object(members)
  }

  init(value: CanonicalValue) throws(MetadataError) {
    let reader = try ValueReader(value, Self.role.rawValue)
    let type = try reader.text("_type")
    guard type == Self.role.rawValue else {
      throw .wrongRole(expected: Self.role, found: String(type.prefix(20)))
    }
    let specification = try reader.text("spec_version")
    guard specification.hasPrefix("1.") else {
      throw .malformed("\(Self.role.rawValue): version \(specification.prefix(20)) of TUF")
    }
    try self.init(
      reader,
      version: try reader.integer("version", in: 1...(1 << 53)), expires: try reader.time("expires")
    )
  }
}

/// A file as other metadata list it.
package struct ListedFile: Sendable, Equatable {
  /// SHA-256.
  package var hash: String
  /// Bytes.
  package var length: Int

  package init(hash: String, length: Int) {
    self.hash = hash
    self.length = length
  }

  package init(of bytes: [UInt8]) {
    self.init(hash: ContentHash.of(bytes), length: bytes.count)
  }

  init(_ value: CanonicalValue, _ context: String) throws(MetadataError) {
    let reader = try ValueReader(value, context)
    hash = try reader.reader("hashes").hash("sha256")
    length = Int(try reader.integer("length", in: 0...(1 << 31)))
  }

  var members: [String: CanonicalValue] {
    ["hashes": ["sha256": .string(hash)], "length": .integer(Int64(length))]
  }

  /// - Throws: ``MetadataError/content(file:)`` for other bytes.
  func check(_ bytes: [UInt8], file: String) throws(MetadataError) {
    guard bytes.count == length, ContentHash.of(bytes) == hash else { throw .content(file: file) }
  }
}

/// Metadata of another role, by version.
package struct ListedMetadata: Sendable, Equatable {
  package var version: Int64
  package var file: ListedFile

  package init(version: Int64, file: ListedFile) {
    self.version = version
    self.file = file
  }

  init(_ value: CanonicalValue, _ context: String) throws(MetadataError) {
    version = try ValueReader(value, context).integer("version", in: 1...(1 << 53))
    file = try ListedFile(value, context)
  }

  var value: CanonicalValue {
    .object(file.members.merging(["version": .integer(version)]) { _, last in last })
  }
}
