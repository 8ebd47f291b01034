import ArgumentParser
import Reporting

struct ProbesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probes",
    abstract: "List the probes: what each measures, its cost, and the tool it is held against.")

  @OptionGroup var common: CommonOptions

  @Option(help: "How to print: \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: OutputFormat = .terminal

  func run() throws {
    let console = common.console
    let probes = try Workbench(common).catalog.probes.values.sorted { $0.name < $1.name }
    switch format {
    case .terminal:
      console.print(
        ProbeListing.text(probes, width: console.width, style: console.style))
    case .json: console.print(String(decoding: try ProbeListing.json(probes), as: UTF8.self))
    }
  }
}
