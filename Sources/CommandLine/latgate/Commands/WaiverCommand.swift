import ArgumentParser
import Catalogs
import Foundation
import Jobs
import RecordStore
import Reporting

struct WaiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waive",
    abstract: "Let a known issue pass, until a day.",
    discussion: """
      A regression in a waived metric is shown as waived and does not fail the firmware. From the \
      day after --until it fails again, and the report says that the waiver has expired.

        latgate waive 'fsync.*' --until 2026-12-31 --reason "BUG-12, in review"
        latgate waiver list
      """)

  @OptionGroup var recall: RecallOptions

  @Argument(help: "Metrics, as a pattern over their names with * and ?.", completion: .metrics)
  var metric: String

  @Option(help: "Last day on which it holds, UTC: YYYY-MM-DD.")
  var until: Day

  @Option(help: "Why, for those who read the report.")
  var reason: String

  @Option(help: "Only in this suite. Default: every suite.", completion: .suites)
  var suite: String?

  func validate() throws {
    guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason is empty") }
    guard !metric.isEmpty else { throw ValidationError("the pattern is empty") }
  }

  func run() async throws {
    guard until >= Day(Date()) else {
      throw ValidationError("--until \(until) is over; give a day from today on")
    }
    let store = try await recall.open()
    let catalog = try Workbench(recall.common).catalog
    let suites = Set(catalog.suites.keys).union(try store.benches().map(\.suite))
    if let suite, !suites.contains(suite) {
      throw UnknownNameError(kind: "suite", name: suite, known: Array(suites))
    }
    try KnownMetrics(catalog: catalog).require(metric, suite: suite, in: store)
    let id = try store.add(
      StoredWaiver(
        metric: metric, suite: suite, until: until.description, reason: reason, at: Date()))
    recall.console.note("waiver \(id): \(metric) until \(until)")
  }
}

struct WaiverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waiver",
    abstract: "Show and take back what 'latgate waive' lets pass.",
    subcommands: [WaiverList.self, WaiverRemove.self])
}

struct WaiverList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List waivers, expired ones too.")

  @OptionGroup var list: RecallListOptions<Row>

  struct Row: Encodable {
    var id: Int64
    var metric: String
    var suite: String?
    var until: String
    var reason: String
    var at: Date
    var isExpired: Bool
  }

  func run() async throws {
    let today = Day(Date())
    let rows = try await list.recall.openToRead().waivers().map { waiver in
      Row(
        id: waiver.id, metric: waiver.metric, suite: waiver.suite, until: waiver.until,
        reason: waiver.reason, at: waiver.at, isExpired: waiver.until < today.description)
    }
    try list.show(rows, nothing: "nothing is waived") {
      var listing = Listing([
        .init("", isNumber: true), .init("metric"), .init("suite"), .init("until"),
        .init("reason"),
      ])
      for row in rows {
        listing.add([
          "\(row.id)", row.metric, row.suite ?? "every", row.until,
          (row.isExpired ? "EXPIRED: " : "") + row.reason,
        ])
      }
      return listing
    }
  }
}

struct WaiverRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Take waivers back.")

  @OptionGroup var numbers: RecallNumberOptions

  func run() async throws {
    try await numbers.change(list: "latgate waiver list") { store, id in
      try store.removeWaiver(id).map {
        "waiver \(id) is removed: \($0.metric) fails a firmware again"
      }
    }
  }
}

extension Day: ExpressibleByArgument {}
