import ArgumentParser
import Foundation
import RecordStore
import Reporting

struct WaiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waive",
    abstract: "Let a known issue pass, until a day.",
    discussion: """
      A regression in a waived metric is shown as waived and does not fail the firmware. From the \
      day after --until it fails again, and the report says that the waiver has expired.

        latgate waive 'fsync.*' --until 2026-12-31 --reason "BUG-12, fix is in review"
        latgate waiver list
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var store: StoreOptions

  @Argument(help: "Metrics, as a pattern over their names with * and ?.")
  var metric: String

  @Option(help: "Last day on which it holds, UTC: YYYY-MM-DD.")
  var until: Day

  @Option(help: "Why, for those who read the report.")
  var reason: String

  @Option(help: "Only in this suite. Default: every suite.")
  var suite: String?

  func validate() throws {
    guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason is empty") }
    guard !metric.isEmpty else { throw ValidationError("the pattern is empty") }
  }

  func run() async throws {
    guard until >= Day(Date()) else {
      throw ValidationError("--until \(until) is over; give a day from today on")
    }
    let id = try await store.open().add(
      StoredWaiver(
        metric: metric, suite: suite, until: until.description, reason: reason, at: Date()))
    common.console.note("waiver \(id): \(metric) until \(until)")
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

  @OptionGroup var common: CommonOptions
  @OptionGroup var store: StoreOptions

  @Option(help: "How to print: \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: OutputFormat = .terminal

  private struct Row: Encodable {
    var id: Int64
    var metric: String
    var suite: String?
    var until: String
    var reason: String
    var at: Date
    var isExpired: Bool
  }

  func run() async throws {
    let console = common.console
    let today = Day(Date())
    let rows = try await store.open().waivers().map { waiver in
      Row(
        id: waiver.id, metric: waiver.metric, suite: waiver.suite, until: waiver.until,
        reason: waiver.reason, at: waiver.at, isExpired: waiver.until < today.description)
    }
    switch format {
    case .json: console.print(String(decoding: try encodedJSON(rows), as: UTF8.self))
    case .terminal:
      if rows.isEmpty { return console.note("nothing is waived") }
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
      console.print(listing.text(width: console.width, style: console.style))
    }
  }
}

struct WaiverRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Take waivers back.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var store: StoreOptions

  @Argument(help: "Numbers, as listed.")
  var ids: [Int64]

  func run() async throws {
    let store = try await store.open()
    for id in ids {
      guard let waiver = try store.removeWaiver(id) else {
        throw ValidationError("there is no waiver \(id); see 'latgate waiver list'")
      }
      common.console.note("waiver \(id) is removed: \(waiver.metric) fails a firmware again")
    }
  }
}

/// A day of the calendar, UTC, as `2027-01-31`.
struct Day: ExpressibleByArgument, Comparable, CustomStringConvertible {
  let description: String

  init(_ date: Date) {
    description = String(date.formatted(.iso8601).prefix(10))
  }

  init?(argument: String) {
    guard argument.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil,
      let date = try? Date(argument + "T00:00:00Z", strategy: .iso8601),
      Day(date).description == argument
    else { return nil }
    description = argument
  }

  static func < (left: Day, right: Day) -> Bool { left.description < right.description }
}
