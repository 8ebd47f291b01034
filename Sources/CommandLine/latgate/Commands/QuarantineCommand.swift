import ArgumentParser
import Experiments
import Foundation
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

  @Option(help: "How to print: \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: OutputFormat = .terminal

  private struct Row: Encodable {
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
    switch format {
    case .json:
      let rows = events.map { event in
        Row(
          id: event.id, probe: event.subject.probe, content: event.subject.content,
          model: event.subject.model, build: event.subject.build,
          kernelBuildID: event.subject.kernelBuildID, event: event.kind.rawValue, at: event.at,
          run: event.run, evidence: event.evidence, liftedAt: event.liftedAt)
      }
      console.print(String(decoding: try encodedJSON(rows), as: UTF8.self))
    case .terminal:
      if events.isEmpty { return console.note("nothing is quarantined") }
      for event in events {
        let lifted = event.liftedAt.map { "; lifted on \($0.formatted(.iso8601))" } ?? ""
        console.print("\(event.id)  \(event.subject.probe): \(event.sentence)\(lifted)")
        let evidence = event.evidence.trimmingCharacters(in: .whitespacesAndNewlines)
        if recall.common.verbose, !evidence.isEmpty {
          console.print("   " + evidence.replacing("\n", with: "\n   "))
        }
      }
    }
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
