import Foundation

/// How much a store keeps. Pure.
package struct RunBounds: Sendable, Equatable {
  /// Runs made before go.
  package var before: Date?
  /// Bytes of records that may stay: the oldest go first.
  package var bytes: UInt64?

  package init(before: Date? = nil, bytes: UInt64? = nil) {
    self.before = before
    self.bytes = bytes
  }

  /// The runs that have to go.
  /// - Parameters:
  ///   - runs: oldest first.
  ///   - keeps: whether a run must stay, as one of a baseline; its bytes count.
  /// - Returns: the runs, oldest first.
  package func excess(of runs: [StoredRun], keeps: (StoredRun) -> Bool) -> [StoredRun] {
    var size = runs.reduce(0) { $0 + UInt64($1.size) }
    return runs.filter { run in
      let isOld = before.map { run.created < $0 } ?? false
      let isTooMuch = bytes.map { size > $0 } ?? false
      guard isOld || isTooMuch, !keeps(run) else { return false }
      size -= UInt64(run.size)
      return true
    }
  }
}
