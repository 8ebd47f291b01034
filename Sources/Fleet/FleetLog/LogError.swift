import POSIXSupport

/// The log cannot be read or written, or is not what it was.
package struct LogError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// No space, or a quota of the file system. Goes away when there is space again.
    case full
    /// More waits to be written than is allowed.
    case busy
    /// The log is being closed.
    case closed
    /// A write failed in a way after which nobody knows what is on the disk: only a new start reads
    /// it.
    case broken
    /// What is on the disk is not what was written.
    case damaged
    /// Another collector has the directory, or it cannot be used.
    case unusable
    /// A server of the index does not answer.
    case away
  }

  package var kind: Kind
  /// File or directory.
  package var path: String
  package var reason: String

  package init(_ kind: Kind, path: String, reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }

  init(_ kind: Kind, _ cause: any Error, path: String) {
    if let known = cause as? LogError {
      self = known
    } else if let fault = cause as? SystemCallError {
      self.init(kind, path: path, reason: "\(fault.call): \(fault.reason)")
    } else {
      self.init(kind, path: path, reason: "\(cause)")
    }
  }

  package var description: String {
    switch kind {
    case .full: "\(path): \(reason); make space, the collector goes on by itself"
    case .busy: "\(path): \(reason)"
    case .closed: "\(path): the log is being closed"
    case .broken: "\(path): \(reason); start the collector anew"
    case .damaged: "\(path): \(reason); restore it from a copy"
    case .unusable, .away: "\(path): \(reason)"
    }
  }
}
