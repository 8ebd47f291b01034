import ArgumentParser
import Catalogs
import Foundation
import Jobs
import RecordStore
import Reporting

/// What stays, by age and size.
struct BoundOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Only what is older than this, such as 90d.", valueName: "time"))
  var olderThan: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "Only as much of the oldest as exceeds this size, such as 500MiB.", valueName: "size"))
  var downTo: SizeLimit?

  @Flag(help: "Say what would be deleted, and delete nothing.")
  var dryRun = false

  var isGiven: Bool { olderThan != nil || downTo != nil }

  var before: Date? {
    olderThan.map { Date(timeIntervalSinceNow: -($0.duration / .seconds(1))) }
  }
}

/// A size on the command line, as in the files: `500MiB`.
struct SizeLimit: ExpressibleByArgument {
  let bytes: UInt64

  init?(argument: String) {
    guard let size = ByteSize(argument) else { return nil }
    bytes = size.bytes
  }
}

struct RunsDelete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Delete runs from the store.",
    discussion: """
      Runs are named by id, or chosen by options; of several options all must hold. With \
      --older-than or --down-to, runs of builds that a baseline means stay. Noise profiles and \
      verdicts, which were learnt from the runs, stay as well.

        latgate runs delete 1f2e3d4c
        latgate runs delete --suite demo --older-than 90d
        latgate runs delete --down-to 500MiB --dry-run
      """)

  @OptionGroup var recall: RecallOptions
  @OptionGroup var filter: RunFilterOptions
  @OptionGroup var bounds: BoundOptions

  @Argument(help: "Ids or content hashes of runs, or how they begin.")
  var runs: [String] = []

  func validate() throws {
    guard runs.isEmpty == (filter.isGiven || bounds.isGiven) else {
      throw ValidationError(
        runs.isEmpty
          ? "name runs, or choose them by --suite, --device, --build, --experiment, --older-than or "
            + "--down-to" : "runs that are named go without options that choose them")
    }
  }

  func run() async throws {
    let console = recall.console
    let store = try await recall.openToRead()
    let chosen: [StoredRun]
    if runs.isEmpty {
      try filter.require(in: store)
      let all = try store.runs(filter.filter)
      let kept = bounds.isGiven ? try BaselineReader(store: store).meantRuns() : []
      chosen =
        bounds.isGiven
        ? KeepBounds(before: bounds.before, bytes: bounds.downTo?.bytes)
          .excess(of: all) { kept.contains($0.hash) } : all
    } else {
      chosen = try runs.map { try store.run(beginning: $0) }
    }
    let size = Int64(chosen.reduce(0) { $0 + $1.size }).formatted(.byteCount(style: .decimal))
    if bounds.dryRun {
      for run in chosen {
        console.print(
          "\(run.id)\t\(run.created.formatted(.iso8601))\t\(run.bench.suite)\t\(run.build)")
      }
      return console.note("\(chosen.count) runs (\(size)) would be deleted: \(store.path)")
    }
    let deleted = try store.delete(chosen)
    console.note("\(deleted.count) runs (\(size)) are deleted: \(store.path)")
    if let remark = deleted.remark { console.warning(remark) }
  }
}

struct RunsClean: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Delete old results of checks, calibrations and runs from a directory.",
    discussion: """
      Only directories that latgate has made are deleted: those of checks, calibrations, pools and \
      bug reports, and those that hold nothing but run records. A directory that a check is working in stays.

        latgate runs clean latgate-results --older-than 30d
        latgate runs clean latgate-results --down-to 5GiB
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var bounds: BoundOptions

  @Argument(help: "The directory with the results.")
  var directory: String

  func validate() throws {
    guard bounds.isGiven else { throw ValidationError("give --older-than, --down-to, or both") }
  }

  func run() async throws {
    let console = common.console
    let results = try ResultDirectories(path: directory)
    let excess = results.excess(before: bounds.before, bytes: bounds.downTo?.bytes)
    for one in excess {
      // Another process may be faster.
      if !bounds.dryRun, FileManager.default.fileExists(atPath: one.path) {
        try FileManager.default.removeItem(atPath: one.path)
      }
      console.print(one.path)
    }
    let size = Int64(clamping: excess.reduce(0) { $0 + $1.bytes })
      .formatted(.byteCount(style: .decimal))
    console.note(
      "\(excess.count) directories (\(size)) \(bounds.dryRun ? "would be" : "are") deleted")
  }
}
