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
    guard let fault = cause as? DatabaseError else {
      self.init(path: path, reason: "\(cause)")
      return
    }
    self.init(
      path: path, reason: "\(fault.message ?? "SQLite error") (\(fault.resultCode.rawValue))")
  }
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    "the store \(path) cannot be used: \(reason); give another file with --store or LATGATE_STORE"
  }
}
