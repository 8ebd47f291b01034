import ArgumentParser
import Experiments
import Foundation
import Jobs
import RecordStore
import Reporting

struct QuarantineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine",
    abstract: "Show and lift what may not be loaded, because a device did not survive it.",
    discussion: """
      A probe is quarantined for one model and build when the device panics, restarts, hangs or \
      vanishes while it is loaded. Runs go on without it.

        latgate quarantine list
        latgate quarantine lift 3
      """,
    subcommands: [QuarantineList.self, QuarantineLift.self])
}

struct QuarantineList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List what is quarantined.")

  @OptionGroup var recall: RecallOptions

  @Flag(help: "Also what was lifted.")
  var all = false

  @OptionGroup var output: FormatOptions<ListedRows<Row>>

  struct Row: Encodable {
    var id: Int64
    var probe: String
    var content: String
    var model: String
    var build: String
    var kernelBuildID: String
    var event: String
    var at: Date
    var run: String
    var evidence: String
    var liftedAt: Date?
  }

  func run() async throws {
    let console = recall.console
    let events = try await recall.openToRead().quarantines(current: !all)
    if events.isEmpty, output.isUsual { return console.note("nothing is quarantined") }
    let rows = events.map { event in
      Row(
        id: event.id, probe: event.subject.probe, content: event.subject.content,
        model: event.subject.model, build: event.subject.build,
        kernelBuildID: event.subject.kernelBuildID, event: event.kind.rawValue, at: event.at,
        run: event.run, evidence: event.evidence, liftedAt: event.liftedAt)
    }
    let text = events.map { event in
      let lifted = event.liftedAt.map { "; lifted on \($0.formatted(.iso8601))" } ?? ""
      let line = "\(event.id)  \(event.subject.probe): \(event.sentence)\(lifted)\n"
      let evidence = event.evidence.trimmingCharacters(in: .whitespacesAndNewlines)
      guard recall.common.verbose, !evidence.isEmpty else { return line }
      return line + "   " + evidence.replacing("\n", with: "\n   ") + "\n"
    }.joined()
    try output.print(ListedRows(rows) { _, _ in text }, console)
  }
}

struct QuarantineLift: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lift", abstract: "Allow something to be loaded again; it is tried alone first.")

  @OptionGroup var numbers: RecallNumberOptions

  func run() async throws {
    try await numbers.change(list: "latgate quarantine list") { store, id in
      try store.lift(id, at: Date()).map { event in
        "\(event.subject.probe) may be loaded again on \(event.subject.model), "
          + "build \(event.subject.build)"
      }
    }
  }
}
