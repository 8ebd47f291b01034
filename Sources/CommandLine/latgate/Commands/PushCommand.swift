import ArgumentParser
import HistogramExchange
import Jobs
import RecordStore

struct PushCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push",
    abstract: "Send the histograms of runs to an OpenTelemetry receiver.",
    discussion: """
      One OTLP request over HTTP for each run, in JSON. Runs are record files, directories of them, or \
      those of the store, the last ones. A receiver that is busy is asked again; one that leaves data \
      out is an error.

        latgate push http://127.0.0.1:4318 latgate-results/demo-20260101-120000-4711
        latgate push http://collector:4318 --suite demo --last 4
        latgate push http://collector:4318 --exponential --header 'X-Scope: rack1'

      Exits 69 where the receiver cannot be reached or does not take it.
      """)

  @OptionGroup var source: RunSourceOptions

  @Argument(help: "Receiver; its port is 4318 and its path /v1/metrics unless named.")
  var address: String

  @Argument(
    help: "Record files, or directories of them. Default: runs of the store.", completion: .file())
  var paths: [String] = []

  @Flag(help: "Exponential histograms, with buckets of their own, instead of exact bounds.")
  var exponential = false

  @Option(help: ArgumentHelp("Header of the requests; may be repeated.", valueName: "name: value"))
  var header: [String] = []

  func run() async throws {
    let target = try HTTPPost.Address(address, port: OTLPPush.port, path: OTLPPush.path)
    let console = source.recall.console
    let push = OTLPPush(address: target, headers: try header.map(Self.header)) { console.note($0) }
    let name = exponential ? "otlp-exponential" : "otlp"
    guard let format = HistogramFormatName(argument: name)?.format else {
      throw ExchangeFileError(place: address, problem: "there is no format \(name)")
    }
    let runs = try await source.source(paths).measured(for: address, as: format)
    for run in runs { try await push.send(try format.bytes([run])) }
    console.note("\(runs.count) runs: \(address)")
  }

  private static func header(_ text: String) throws -> (name: String, value: String) {
    guard let found = text.wholeMatch(of: /([A-Za-z0-9!#$%&'*+.^_`|~-]+): *([\t -~]*)/) else {
      throw ValidationError("'\(text)' is no header; write 'Name: value'")
    }
    return (String(found.1), String(found.2))
  }
}
