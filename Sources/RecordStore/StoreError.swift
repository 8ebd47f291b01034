import GRDB

/// The store cannot be read or written.
package struct StoreError: Error, Sendable, Equatable {
  package var path: String
  package var reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  init(path: String, cause: any Error) {
    let reason =
      (cause as? DatabaseError).map { "\($0.message ?? "SQLite error") (\($0.resultCode.rawValue))" }
    self.init(path: path, reason: reason ?? "\(cause)")
  }
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    "the store \(path) cannot be used: \(reason); give another file with --store or LATGATE_STORE"
  }
}
