import Foundation

/// How much of something is kept. Pure.
package struct KeepBounds: Sendable, Equatable {
  /// What is older goes.
  package var before: Date?
  /// Bytes that may stay: the oldest go first.
  package var bytes: UInt64?

  package init(before: Date? = nil, bytes: UInt64? = nil) {
    self.before = before
    self.bytes = bytes
  }

  /// What has to go.
  /// - Parameters:
  ///   - items: oldest first.
  ///   - date: when an item was made, or used last.
  ///   - size: bytes of an item.
  ///   - keeps: whether an item must stay, whatever its age; its bytes count.
  /// - Returns: items, oldest first.
  package func excess<Item>(
    of items: [Item], date: (Item) -> Date, size: (Item) -> UInt64, keeps: (Item) -> Bool
  ) -> [Item] {
    var total = items.reduce(0) { $0 + size($1) }
    return items.filter { item in
      let isOld = before.map { date(item) < $0 } ?? false
      let isTooMuch = bytes.map { total > $0 } ?? false
      guard isOld || isTooMuch, !keeps(item) else { return false }
      total -= size(item)
      return true
    }
  }

  /// The runs to remove; `keeps` is true of those that must stay, such as a baseline's.
  package func excess(of runs: [StoredRun], keeps: (StoredRun) -> Bool) -> [StoredRun] {
    excess(of: runs, date: \.created, size: { UInt64($0.room) }, keeps: keeps)
  }
}
