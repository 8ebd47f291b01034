/// Whose operations the probes of a run measured; others' were excluded.
package struct RunScope: Codable, Sendable, Equatable {
  /// What distinguishes them from others.
  package enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
    /// A thread's name, or that of its process.
    case comm
    /// The number of a process, with all its threads, or of one thread.
    case pid
    /// The directory of a cgroup of version 2, with those below it.
    case cgroup
  }

  package var kind: Kind
  /// The name, number or directory, as on the device.
  package var value: String

  package init(kind: Kind, value: String) {
    self.kind = kind
    self.value = value
  }

  /// Such as `comm sqlite3`.
  package var text: String { "\(kind.rawValue) \(value)" }
}
