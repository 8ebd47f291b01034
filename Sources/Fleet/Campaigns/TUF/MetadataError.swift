/// Why metadata, a manifest or a bundle is refused. Nothing of a device's state changes then.
package enum MetadataError: Error, Sendable, Equatable {
  /// Not JSON, or not what the role's metadata have to be.
  case malformed(String)
  /// Too few valid signatures of the role.
  case threshold(role: Role, valid: Int, needed: Int)
  /// Metadata of one role in another's place.
  case wrongRole(expected: Role, found: String)
  /// A version below the one known.
  case rollback(role: Role, version: Int64, known: Int64)
  /// A version other than the one that was announced, or two contents of one.
  case version(role: Role, version: Int64, expected: Int64)
  case expired(role: Role, at: MetadataTime)
  /// Bytes that are not those whose hash or length was signed.
  case content(file: String)
  /// More bytes than the file may have.
  case oversize(file: String, limit: Int)
  case missing(file: String)
  /// A request that does not fit the state, such as a targets file before its snapshot.
  case outOfOrder(Role)
}

extension MetadataError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let why): "not valid: \(why)"
    case .threshold(let role, let valid, let needed):
      "\(role.rawValue): \(valid) valid signatures, \(needed) are needed"
    case .wrongRole(let expected, let found):
      "\(found) metadata in the place of \(expected.rawValue)"
    case .rollback(let role, let version, let known):
      "\(role.rawValue): version \(version) is older than \(known), which is known"
    case .version(let role, let version, let expected):
      "\(role.rawValue): version \(version), but \(expected) was announced"
    case .expired(let role, let time): "\(role.rawValue): expired at \(time)"
    case .content(let file): "\(file): its bytes are not those that were signed"
    case .oversize(let file, let limit): "\(file): longer than the \(limit) bytes it may have"
    case .missing(let file): "\(file): not in the repository"
    case .outOfOrder(let role): "\(role.rawValue): asked for too early"
    }
  }
}
