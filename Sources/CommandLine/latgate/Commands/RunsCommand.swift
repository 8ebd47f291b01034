import ArgumentParser
import Catalogs
import Foundation
import Jobs
import POSIXSupport
import RecordStore
import Reporting
import RunRecords

struct RunsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "Show, import, export and delete the runs that latgate keeps.",
    discussion: """
      'latgate check' and 'latgate calibrate' keep their runs; others are imported. A run is kept \
      once, byte for byte, and is never changed.

        latgate runs list --suite demo
        latgate runs build night-14
        latgate runs import latgate-results/demo-20260101-120000-4711/runs
        latgate runs export --build 1f2e3d --output records
        latgate runs delete --older-than 90d --down-to 500MiB
      """,
    subcommands: [
      RunsList.self, RunsShow.self, RunsBuild.self, RunsImport.self, RunsExport.self,
      RunsDelete.self, RunsClean.self,
    ])
}

extension Store {
  /// The one run whose id or content hash begins so.
  /// - Throws: `UnknownNameError`, `ValidationError` for several, `StoreError`.
  func run(beginning prefix: String) throws -> StoredRun {
    let found = try runs(beginning: prefix)
    guard let first = found.first else {
      // All ids would be too many to show.
      let ids = try runs().map(\.id)
      let near = nearestName(to: prefix, in: ids.map { String($0.prefix(prefix.count)) })
      guard near == nil, !ids.isEmpty else {
        throw UnknownNameError(
          kind: "run in the store", name: prefix, known: near.map { [$0] } ?? [])
      }
      throw ValidationError(
        "there is no run in the store '\(prefix)': 'latgate runs list' shows the \(ids.count)")
    }
    guard found.count == 1 else {
      throw ValidationError("\(found.count) runs begin with '\(prefix)': give more of the id")
    }
    return first
  }
}

/// Which runs a command takes.
struct RunFilterOptions: ParsableArguments {
  @Option(help: "Only runs of this suite.", completion: .suites)
  var suite: String?

  @Option(help: "Only runs of this device file.", completion: .devices)
  var device: String?

  @Option(help: "Only runs of this firmware, by id or name.")
  var build: String?

  @Option(help: "Only runs of this experiment, by id.")
  var experiment: String?

  var filter: RunFilter {
    RunFilter(suite: suite, target: device, build: build, experiment: experiment)
  }

  var isGiven: Bool { filter != RunFilter() }

  /// A name that no stored run has is mistyped, unless nothing is stored at all.
  /// - Throws: `UnknownNameError`, `StoreError`.
  func require(in store: Store) throws {
    let benches = try store.benches()
    guard !benches.isEmpty else { return }
    func known(_ kind: String, _ name: String?, _ names: [String]) throws {
      guard let name, !names.contains(name) else { return }
      throw UnknownNameError(kind: "\(kind) in the store", name: name, known: Array(Set(names)))
    }
    try known("suite", suite, benches.map(\.suite))
    try known("device", device, benches.map(\.target))
    guard build != nil || experiment != nil else { return }
    let runs = try store.runs()
    try known("build", build, runs.flatMap { [$0.build, $0.firmware] })
    try known("experiment", experiment, runs.compactMap(\.experiment))
  }
}

struct RunsList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List runs, oldest first.")

  @OptionGroup var list: RecallListOptions<Row>
  @OptionGroup var filter: RunFilterOptions

  struct Row: Encodable {
    var id: String
    var hash: String
    var created: Date
    var suite: String
    var device: String
    var serial: String
    var build: String
    var firmware: String
    var experiment: String?
    var arm: String?
    var bytes: Int
    var isValid: Bool
  }

  func run() async throws {
    let store = try await list.recall.openToRead()
    try filter.require(in: store)
    let runs = try store.runs(filter.filter)
    let rows = runs.map { run in
      Row(
        id: run.id, hash: run.hash, created: run.created, suite: run.bench.suite,
        device: run.bench.target, serial: run.serial, build: run.build, firmware: run.firmware,
        experiment: run.experiment, arm: run.arm, bytes: run.size, isValid: run.isValid)
    }
    // The shortest distinct beginnings of the ids, which 'runs show' takes.
    let ids = rows.map(\.id)
    let length =
      (8...64).first { size in Set(ids.map { $0.prefix(size) }).count == ids.count } ?? 64
    try list.show(rows, nothing: "no runs are stored") {
      var listing = Listing([
        .init("run"), .init("created"), .init("suite"), .init("device"), .init("firmware"),
        .init("arm"), .init("kB", isNumber: true), .init("build"),
      ])
      for row in rows {
        listing.add([
          String(row.id.prefix(length)), row.created.formatted(.iso8601), row.suite, row.device,
          row.firmware, (row.arm ?? "-") + (row.isValid ? "" : ", invalid"),
          "\((row.bytes + 999) / 1000)", row.build,
        ])
      }
      return listing
    }
  }
}

struct RunsShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what a run measured.")

  @OptionGroup var recall: RecallOptions

  @Argument(help: "The run's id or content hash, or how one of them begins.")
  var run: String

  @Flag(help: "The record itself, byte for byte.")
  var record = false

  @Flag(help: "Draw every histogram, not only those with the most events.")
  var all = false

  @OptionGroup var report: ReportOptions<RunReport>

  func validate() throws {
    guard !record || (!all && report.isUsual && report.files.isEmpty) else {
      throw ValidationError(
        "--record prints the record as it is: it goes without --all, --format and --report")
    }
  }

  func run() async throws {
    let console = recall.console
    try report.requirePlaces()
    let store = try await recall.openToRead()
    let document = try store.document(of: try store.run(beginning: run))
    if record { return console.print(bytes: Array(document.bytes)) }
    try report.show(RunReport(document.record), console, showsAll: all)
  }
}

struct RunsImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Keep runs from record files.",
    discussion: """
      All files are read first: when one is no record, or has the id of another run, nothing is \
      stored. Runs that are there already are left alone.
      """)

  @OptionGroup var recall: RecallOptions

  @Argument(help: "Record files, or directories of them.", completion: .file())
  var paths: [String]

  func run() async throws {
    let documents = try RecordFiles.documents(paths)
    guard !documents.isEmpty else {
      throw ExchangeFileError(
        place: paths.joined(separator: ", "),
        problem: "no record is there: records are files that end in .json")
    }
    let store = try await recall.open()
    let added = try store.add(documents)
    recall.console.note(
      "\(added.stored) stored, \(added.known) known already: \(store.path)")
  }
}

struct RunsExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write runs as record files, byte for byte as they came.")

  @OptionGroup var recall: RecallOptions
  @OptionGroup var filter: RunFilterOptions

  @Option(help: "Directory for the files.", completion: .directory)
  var output: String

  func run() async throws {
    let store = try await recall.openToRead()
    try filter.require(in: store)
    try ResultPlace.requireDirectory(output)
    try UserDirectories.makeDirectory(output, mode: 0o755)
    var written = 0
    try store.forEachRun(filter.filter) { document in
      // An id comes out of a file and may be anything; a hash is a good name too.
      let id = document.record.id
      let isName = id.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
          || byte == UInt8(ascii: "-")
      }
      let name = isName && id.utf8.count <= 100 ? id : document.hash
      try AtomicFile.write(document.bytes, to: "\(output)/\(name).json")
      written += 1
    }
    recall.console.note("\(written) written: \(output)")
  }
}
