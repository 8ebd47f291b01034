/// Who may sign for which role.
package struct RootMetadata: RoleMetadata {
  /// Keys of a role, and how many of them have to sign.
  package struct Holders: Sendable, Equatable {
    package var keys: [MetadataKey]
    package var threshold: Int

    package init(keys: [MetadataKey], threshold: Int) {
      self.keys = keys
      self.threshold = threshold
    }
  }

  package static let role = Role.root

  package var version: Int64
  package var expires: MetadataTime
  package var holders: [Role: Holders]

  package init(version: Int64, expires: MetadataTime, holders: [Role: Holders]) {
    self.version = version
    self.expires = expires
    self.holders = holders
  }

  package init(
    _ reader: ValueReader, version: Int64, expires: MetadataTime
  ) throws(MetadataError) {
    self.version = version
    self.expires = expires
    guard try reader.bool("consistent_snapshot") else {
      throw .malformed("root: 'consistent_snapshot' has to be true")
    }
    let listed = try reader.members("keys")
    var keys: [String: MetadataKey] = [:]
    for (id, value) in listed {
      guard let key = MetadataKey(value) else { continue }
      guard key.id == id else { throw .malformed("root: key \(id.prefix(64)) has another id") }
      keys[id] = key
    }
    let roles = try reader.reader("roles")
    holders = [:]
    for role in Role.allCases {
      let entry = try roles.reader(role.rawValue)
      let ids = try entry.texts("keyids")
      guard Set(ids).count == ids.count else {
        throw .malformed("root: \(role.rawValue) has a key twice")
      }
      holders[role] = Holders(
        keys: ids.compactMap { keys[$0] },
        threshold: Int(try entry.integer("threshold", in: 1...64)))
    }
  }

  package var members: [String: CanonicalValue] {
    var keys: [String: CanonicalValue] = [:]
    var roles: [String: CanonicalValue] = [:]
    for (role, entry) in holders {
      for key in entry.keys { keys[key.id] = key.value }
      roles[role.rawValue] = [
        "keyids": .array(entry.keys.map { .string($0.id) }),
        "threshold": .integer(Int64(entry.threshold)),
      ]
    }
    return ["consistent_snapshot": true, "keys": .object(keys), "roles": .object(roles)]
  }

  /// Those of a role; nobody for a role that is not there.
  package func holders(of role: Role) -> Holders {
    holders[role] ?? Holders(keys: [], threshold: 1)
  }
}
