import Foundation
import RecordStore

/// What one place has to give up so that it keeps its bounds: known before anything is removed.
package struct Sweep {
  package enum Part: String, Encodable, Sendable {
    case cache, results, store
  }

  /// Something that has to go.
  package struct Item: Encodable, Sendable, Equatable {
    package var part: Part
    package var name: String
    /// When it was made, or used last.
    package var date: Date
    package var bytes: UInt64
  }

  /// The place, in words.
  package let place: String
  /// What has to go, in the order in which it is removed.
  package let items: [Item]
  /// Entries of the place, those that stay among them.
  package let entries: Int
  /// Their bytes.
  package let bytes: UInt64
  private let limit: UInt64
  /// Why more may stay than the limit.
  private let exception: String
  private let removal: () throws -> String?

  /// Of a cache's directory.
  package static func cache(_ path: String, _ bounds: KeepBounds, now: Date = Date()) -> Sweep {
    let cache = CacheEntries(cache: path)
    let excess = cache.excess(bounds, now: now)
    return Sweep(
      place: "cache",
      items: excess.map { Item(part: .cache, name: $0.name, date: $0.used, bytes: $0.bytes) },
      entries: cache.entries.count, bytes: cache.entries.reduce(0) { $0 + $1.bytes },
      limit: bounds.bytes ?? .max, exception: "the rest was used in the last 24 hours"
    ) {
      try Self.removeEach(excess) { try CacheEntries.remove($0) }
      return nil
    }
  }

  /// Of a directory of results.
  /// - Throws: ``ResultDirectories/Fault``.
  package static func results(
    in path: String, _ bounds: KeepBounds, now: Date = Date()
  ) throws -> Sweep {
    let results = try ResultDirectories(path: path)
    let excess = results.excess(before: bounds.before, bytes: bounds.bytes, now: now)
    return Sweep(
      place: "results in \(path)",
      items: excess.map { Item(part: .results, name: $0.path, date: $0.changed, bytes: $0.bytes) },
      entries: results.directories.count, bytes: results.directories.reduce(0) { $0 + $1.bytes },
      limit: bounds.bytes ?? .max, exception: "the rest was changed in the last hour"
    ) {
      try Self.removeEach(excess) { one in
        // Another process that sweeps the same place may be faster.
        guard FileManager.default.fileExists(atPath: one.path) else { return }
        try FileManager.default.removeItem(atPath: one.path)
      }
      return nil
    }
  }

  /// Removes all that can be: one that may not be removed does not keep the others.
  /// - Throws: the first fault.
  private static func removeEach<One>(_ all: [One], _ remove: (One) throws -> Void) throws {
    var fault: (any Error)?
    for one in all {
      do { try remove(one) } catch { fault = fault ?? error }
    }
    if let fault { throw fault }
  }

  /// Of a store: runs that no baseline means, and verdicts on builds of which none is left.
  /// - Throws: `StoreError`.
  package static func store(_ store: Store, _ bounds: KeepBounds) throws -> Sweep {
    let runs = try store.runs()
    let meant = try BaselineReader(store: store).meantRuns()
    let excess = bounds.excess(of: runs) { meant.contains($0.hash) }
    let left = Set(runs.map(\.hash)).subtracting(excess.map(\.hash))
    let builds = Set(runs.filter { left.contains($0.hash) }.map(\.build))
    let verdicts = try store.verdicts(before: bounds.before ?? .distantPast, withoutRuns: builds)
    let items =
      excess.map {
        Item(part: .store, name: "run \($0.id)", date: $0.created, bytes: UInt64($0.room))
      }
      + verdicts.map {
        Item(part: .store, name: "verdict \($0.id)", date: $0.at, bytes: UInt64($0.bytes))
      }
    return Sweep(
      place: "store \(store.path)", items: items, entries: runs.count + verdicts.count,
      bytes: runs.reduce(0) { $0 + UInt64($1.room) }
        + verdicts.reduce(0) { $0 + UInt64($1.bytes) },
      limit: bounds.bytes ?? .max, exception: "baselines mean the rest"
    ) {
      try store.removeVerdicts(verdicts.map(\.id))
      return try store.delete(excess).remark
    }
  }

  private init(
    place: String, items: [Item], entries: Int, bytes: UInt64, limit: UInt64, exception: String,
    removal: @escaping () throws -> String?
  ) {
    self.place = place
    self.items = items
    self.entries = entries
    self.bytes = bytes
    self.limit = limit
    self.exception = exception
    self.removal = removal
  }

  /// Removes the items.
  /// - Returns: what must be said of it, such as that their place on the disk is not free yet.
  package func remove() throws -> String? { try removal() }

  /// What goes and what stays, in one line.
  package func summary(isDone: Bool) -> String {
    let gone = items.reduce(0) { $0 + $1.bytes }
    let left = bytes - min(gone, bytes)
    func text(_ bytes: UInt64) -> String {
      Int64(clamping: bytes).formatted(.byteCount(style: .decimal))
    }
    let excess = left > limit ? ", more than \(text(limit)): \(exception)" : ""
    return "\(place): \(items.count) of \(entries) \(isDone ? "are removed" : "would go") "
      + "(\(text(gone))); \(text(left)) \(isDone ? "stay" : "would stay")\(excess)"
  }
}
