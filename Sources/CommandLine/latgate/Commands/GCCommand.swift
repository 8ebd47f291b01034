import ArgumentParser
import Catalogs
import Foundation
import Jobs
import POSIXSupport
import RecordStore
import Reporting

struct GCCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc",
    abstract: "Keep cache, results and store within an age and sizes.",
    discussion: """
      Says what would go; --delete removes it. The oldest goes first: of the cache what was not \
      used longest, of results whole folders that latgate made, of the store runs and, by age \
      alone, the verdicts of builds whose runs are gone.

      What stays whatever the bounds: what was used in the last 24 hours of the cache, folders of \
      results in which something changed in the last hour, and runs of builds that a baseline \
      means. Noise profiles, waivers and baselines are never removed. The cache is made anew when \
      it is needed, for which it may need the network.

        latgate gc
        latgate gc --older-than 30d --store-size 500MiB --delete
        latgate gc --results out/checks --results-size 2GiB --delete
      """)

  @OptionGroup var recall: RecallOptions

  @Option(help: ArgumentHelp("What is older goes. Default: 90d.", valueName: "time"))
  var olderThan: TimeSpan?

  @Option(help: ArgumentHelp("Most the cache may take. Default: 10GiB.", valueName: "size"))
  var cacheSize: SizeLimit?

  @Option(
    help: ArgumentHelp("Most a folder of results may take. Default: 5GiB.", valueName: "size"))
  var resultsSize: SizeLimit?

  @Option(help: ArgumentHelp("Most the store's runs may take. Default: 2GiB.", valueName: "size"))
  var storeSize: SizeLimit?

  @Option(
    help: ArgumentHelp(
      "Folder with results of checks; may be repeated. Default: latgate-results, if it is there.",
      valueName: "folder"))
  var results: [String] = []

  @Flag(help: "Remove what is named; without it nothing is removed.")
  var delete = false

  @OptionGroup var output: FormatOptions<ListedRows<Row>>

  /// Something that has to go.
  struct Row: Encodable {
    /// `cache`, `results` or `store`.
    var part: String
    var name: String
    /// When it was made, or used last.
    var date: Date
    var bytes: UInt64
  }

  private static let usualResults = "latgate-results"

  func run() async throws {
    let now = Date()
    let age = olderThan?.duration ?? .seconds(90 * 24 * 3600)
    let before = now.addingTimeInterval(-(age / .seconds(1)))
    func bounds(_ limit: SizeLimit?, _ gib: UInt64) -> KeepBounds {
      KeepBounds(before: before, bytes: limit?.bytes ?? gib << 30)
    }
    var sweeps = [try cache(bounds(cacheSize, 10))]
    let isThere = FileManager.default.fileExists(atPath: Self.usualResults)
    for folder in results.isEmpty && isThere ? [Self.usualResults] : results {
      sweeps.append(try sweep(folder, bounds(resultsSize, 5)))
    }
    if let store = try await stored(bounds(storeSize, 2)) { sweeps.append(store) }
    let rows = sweeps.flatMap(\.rows)
    if !rows.isEmpty || !output.isUsual {
      try output.print(ListedRows(rows, listing: Self.listing(rows)), recall.console)
    }
    for sweep in sweeps {
      if delete { try sweep.remove() }
      recall.console.note(sweep.summary(isDone: delete))
    }
    if !delete, !rows.isEmpty { recall.console.note("nothing is removed without --delete") }
  }

  /// What one part has to give.
  private struct Sweep {
    var part: String
    var rows: [Row]
    var entries: Int
    var bytes: UInt64
    var limit: UInt64
    /// Why more may stay than the limit.
    var exception: String
    var remove: () throws -> Void

    func summary(isDone: Bool) -> String {
      let gone = rows.reduce(0) { $0 + $1.bytes }
      let left = bytes - min(gone, bytes)
      func text(_ bytes: UInt64) -> String {
        Int64(clamping: bytes).formatted(.byteCount(style: .decimal))
      }
      let excess = left > limit ? ", more than \(text(limit)): \(exception)" : ""
      return "\(part): \(rows.count) of \(entries) \(isDone ? "are removed" : "would go") "
        + "(\(text(gone))); \(text(left)) \(isDone ? "stay" : "would stay")\(excess)"
    }
  }

  private func cache(_ bounds: KeepBounds) throws -> Sweep {
    let cache = CacheEntries(cache: try UserFolders.cache())
    let excess = cache.excess(bounds)
    return Sweep(
      part: "cache",
      rows: excess.map { Row(part: "cache", name: $0.name, date: $0.used, bytes: $0.bytes) },
      entries: cache.entries.count, bytes: cache.entries.reduce(0) { $0 + $1.bytes },
      limit: bounds.bytes ?? .max, exception: "the rest was used in the last 24 hours"
    ) { for entry in excess { try CacheEntries.remove(entry) } }
  }

  private func sweep(_ folder: String, _ bounds: KeepBounds) throws -> Sweep {
    let results = try ResultFolders(path: folder)
    let excess = results.excess(before: bounds.before, bytes: bounds.bytes)
    return Sweep(
      part: "results in \(folder)",
      rows: excess.map { Row(part: "results", name: $0.path, date: $0.changed, bytes: $0.bytes) },
      entries: results.folders.count, bytes: results.folders.reduce(0) { $0 + $1.bytes },
      limit: bounds.bytes ?? .max, exception: "the rest was changed in the last hour"
    ) { for one in excess { try FileManager.default.removeItem(atPath: one.path) } }
  }

  /// Nil where there is no store yet.
  private func stored(_ bounds: KeepBounds) async throws -> Sweep? {
    let path = try Store.location(
      option: recall.store.store, environment: ProcessInfo.processInfo.environment)
    guard recall.store.store != nil || FileManager.default.fileExists(atPath: path) else {
      return nil
    }
    let store = try await recall.openToRead()
    let runs = try store.runs()
    let meant = try BaselineReader(store: store).meantRuns()
    let excess = bounds.excess(of: runs) { meant.contains($0.hash) }
    let left = Set(runs.map(\.hash)).subtracting(excess.map(\.hash))
    let builds = Set(runs.filter { left.contains($0.hash) }.map(\.build))
    let verdicts = try store.verdicts(before: bounds.before ?? .distantPast, withoutRuns: builds)
    let rows =
      excess.map {
        Row(part: "store", name: "run \($0.id)", date: $0.created, bytes: UInt64($0.size))
      }
      + verdicts.map {
        Row(part: "store", name: "verdict \($0.id)", date: $0.at, bytes: UInt64($0.bytes))
      }
    let sizes = runs.reduce(0) { $0 + UInt64($1.size) }
    return Sweep(
      part: "store \(store.path)", rows: rows, entries: runs.count + verdicts.count,
      bytes: sizes + verdicts.reduce(0) { $0 + UInt64($1.bytes) }, limit: bounds.bytes ?? .max,
      exception: "baselines mean the rest"
    ) {
      try store.removeVerdicts(verdicts.map(\.id))
      _ = try store.delete(excess)
    }
  }

  private static func listing(_ rows: [Row]) -> Listing {
    var listing = Listing([
      .init("part"), .init("last used"), .init("kB", isNumber: true), .init("what"),
    ])
    for row in rows {
      listing.add([
        row.part, row.date.formatted(.iso8601), "\((row.bytes + 999) / 1000)", row.name,
      ])
    }
    return listing
  }
}
