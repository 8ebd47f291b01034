import GRDB

/// The store cannot be used, or does not take what it was given.
package struct StoreError: Error, Sendable, Equatable {
  /// What kind of trouble.
  package enum Kind: Sendable, Equatable {
    /// The file cannot be read or written: rights, space, another process.
    case unusable
    /// The file cannot be opened: a directory, or rights.
    case unreadable
    /// The file is no store, is damaged, or was made by a later version.
    case badFile
    /// The place that a user named is not there.
    case missing
    /// A record with the id of another one, but other content.
    case conflict
  }

  package var path: String
  package var reason: String
  package var kind: Kind

  package init(path: String, reason: String, kind: Kind = .unusable) {
    self.path = path
    self.reason = reason
    self.kind = kind
  }

  init(path: String, cause: any Error) {
    if let known = cause as? StoreError {
      self = known
      return
    }
    guard let fault = cause as? DatabaseError else {
      self.init(path: path, reason: "\(cause)")
      return
    }
    switch fault.resultCode {
    case .SQLITE_NOTADB:
      self.init(path: path, reason: "is no SQLite file", kind: .badFile)
    case .SQLITE_CORRUPT:
      self.init(
        path: path, reason: "is damaged (\(fault.message ?? "SQLite error 11"))", kind: .badFile)
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
      self.init(path: path, reason: fault.message ?? "it cannot be opened", kind: .unreadable)
    default:
      self.init(
        path: path, reason: "\(fault.message ?? "SQLite error") (\(fault.resultCode.rawValue))")
    }
  }
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    switch kind {
    case .unusable, .unreadable:
      "the store \(path) cannot be used: \(reason); give another file with --store or LATGATE_STORE"
    case .badFile:
      "the store \(path) \(reason); it was left as it is: give another file with --store or "
        + "LATGATE_STORE, or put a backup in its place"
    case .missing:
      "the store \(path) cannot be opened: \(reason); correct --store or LATGATE_STORE, or make the "
        + "directory"
    case .conflict:
      "\(reason); nothing was stored"
    }
  }
}
