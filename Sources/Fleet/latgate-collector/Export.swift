import ArgumentParser
import FleetCollector
import Foundation

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes reports as lines of JSON to stdout, ascending by id.")

  @OptionGroup var options: StoreOptions
  @Option(help: "Only this campaign.")
  var campaign: String?

  /// Bytes of one write.
  private static let chunk = 1 << 20

  func run() throws {
    let index = try options.store().indexToRead()
    var lines = Data()
    try index.forEachReport(of: campaign) { collected in
      lines += Data((collected.json + "\n").utf8)
      if lines.count >= Self.chunk {
        try FileHandle.standardOutput.write(contentsOf: lines)
        lines = Data()
      }
    }
    try FileHandle.standardOutput.write(contentsOf: lines)
  }
}
