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
      used longest, of results whole directories that latgate made, of the store runs and, by age \
      alone, the verdicts of builds whose runs are gone.

      What stays whatever the bounds: what was used in the last 24 hours of the cache, directories of \
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
    help: ArgumentHelp("Most a directory of results may take. Default: 5GiB.", valueName: "size"))
  var resultsSize: SizeLimit?

  @Option(help: ArgumentHelp("Most the store's runs may take. Default: 2GiB.", valueName: "size"))
  var storeSize: SizeLimit?

  @Option(
    help: ArgumentHelp(
      "Directory with results of checks; may be repeated. Default: latgate-results, if it is there.",
      valueName: "directory"))
  var results: [String] = []

  @Flag(help: "Remove what is named; without it nothing is removed.")
  var delete = false

  @OptionGroup var output: FormatOptions<ListedRows<Sweep.Item>>

  func run() async throws {
    let age = olderThan?.duration ?? .seconds(90 * 24 * 3600)
    let before = Date().addingTimeInterval(-(age / .seconds(1)))
    func bounds(_ limit: SizeLimit?, _ gib: UInt64) -> KeepBounds {
      KeepBounds(before: before, bytes: limit?.bytes ?? gib << 30)
    }
    var sweeps = [Sweep.cache(try UserDirectories.cache(), bounds(cacheSize, 10))]
    let isThere = FileManager.default.fileExists(atPath: ResultPlace.usualDirectory)
    for directory in results.isEmpty && isThere ? [ResultPlace.usualDirectory] : results {
      sweeps.append(try Sweep.results(in: directory, bounds(resultsSize, 5)))
    }
    if let store = try await store() { sweeps.append(try Sweep.store(store, bounds(storeSize, 2))) }
    let items = sweeps.flatMap(\.items)
    if !items.isEmpty || !output.isUsual {
      try output.print(ListedRows(items, listing: Self.listing(items)), recall.console)
    }
    var fault: (any Error)?
    for sweep in sweeps {
      do {
        let remark = delete ? try sweep.remove() : nil
        recall.console.note(sweep.summary(isDone: delete))
        if let remark { recall.console.warning(remark) }
      } catch {
        // The other places are not to fill up meanwhile.
        fault = fault ?? error
      }
    }
    if let fault { throw fault }
    if !delete, !items.isEmpty { recall.console.note("nothing is removed without --delete") }
  }

  /// Nil where there is none yet.
  private func store() async throws -> Store? {
    let path = try Store.location(
      option: recall.store.store, environment: ProcessInfo.processInfo.environment)
    guard recall.store.store != nil || FileManager.default.fileExists(atPath: path) else {
      return nil
    }
    return try await recall.openToRead()
  }

  private static func listing(_ items: [Sweep.Item]) -> Listing {
    var listing = Listing([
      .init("part"), .init("last used"), .init("kB", isNumber: true), .init("what"),
    ])
    for item in items {
      listing.add([
        item.part.rawValue, item.date.formatted(.iso8601), "\((item.bytes + 999) / 1000)",
        item.name,
      ])
    }
    return listing
  }
}
