/// What a signature is for (The Update Framework, section 2.1).
package enum Role: String, Sendable, CaseIterable, Comparable {
  /// Who may sign for which role; kept offline.
  case root
  /// Which campaigns there are: the bundle key, kept offline.
  case targets
  /// Which list of campaigns is the present one.
  case snapshot
  /// That it still is; short-lived. It can also pause and revoke, and nothing more.
  case timestamp

  /// Bytes that a device reads of the role's file, at most.
  package var mostBytes: Int {
    switch self {
    case .root, .snapshot: 64 << 10
    case .timestamp: 16 << 10
    case .targets: 1 << 20
    }
  }

  package static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
