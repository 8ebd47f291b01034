import ArgumentParser
import FleetCollector
import FleetLog
import Foundation

@main
struct Collector: AsyncParsableCommand {
  #if Collector
    private static let serving: [any ParsableCommand.Type] = [Serve.self, Certify.self]
  #else
    private static let serving: [any ParsableCommand.Type] = []
  #endif

  static let configuration = CommandConfiguration(
    commandName: "latgate-collector",
    abstract: "Takes the reports of fielded devices and keeps them.",
    discussion: """
      A directory holds all: the log of reports is the truth, the index is made from it. The directory is --data, \
      else $LATGATE_COLLECTOR, else ./collector.
      """,
    subcommands: serving + [Rebuild.self, Verify.self, Export.self, Prune.self])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let error as LogError {
      fail("\(error)", code: error.kind == .damaged ? 65 : 70)
    } catch {
      exit(withError: error)
    }
  }

  private static func fail(_ text: String, code: Int32) -> Never {
    FileHandle.standardError.write(Data("latgate-collector: \(text)\n".utf8))
    Foundation.exit(code)
  }
}

/// Which directory a command is about.
struct StoreOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The collector's directory.", valueName: "directory"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Another place for the index.",
      discussion:
        "sqlite:FILE, or clickhouse://HOST:PORT[,HOST:PORT...]/DATABASE[?cluster=NAME].",
      valueName: "place"))
  var index: String?

  /// - Throws: ``LogError``: the index's place is none.
  func store(companions: [String] = []) throws -> CollectorStore {
    let environment = ProcessInfo.processInfo.environment["LATGATE_COLLECTOR"]
    return CollectorStore(
      path: data ?? environment ?? "collector",
      index: try index.map { try IndexPlace($0) }, companions: companions)
  }
}

/// Whose logs an index is made of.
struct CompanionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Directory of another collector whose reports are in the same index; may be repeated.",
      valueName: "directory"))
  var also: [String] = []
}
