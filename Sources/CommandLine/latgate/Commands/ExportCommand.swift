import Jobs
import ArgumentParser
import Foundation
import HistogramExchange
import POSIXSupport

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract:
      "Write histograms and stacks of runs for other programs, or serve them to Prometheus.",
    discussion: """
      Runs are record files, directories of them, or those of the store, the last ones. Counts are \
      exact in all formats; exponential histograms have buckets of their own.

        latgate export latgate-results/demo-20260101-120000-4711 \\
            --as hdrhistogram --output demo.hlog
        latgate export --suite demo --last 4 --as otlp --output demo.json
        latgate export latgate-results/run --as speedscope --output run.json
        latgate export --serve 9464

      Serving reads the runs anew for each request to /metrics, so that those of a check under way \
      appear as they end where its directory is named. p99 in seconds, over the runs of a build:

        histogram_quantile(0.99, sum by (le, build)
            (latgate_latency_seconds_bucket{metric="fsync.latency"}))
      """)

  @OptionGroup var source: RunSourceOptions

  @Argument(
    help: "Record files, or directories of them. Default: runs of the store.", completion: .file())
  var paths: [String] = []

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "Format of the file.", discussion: HistogramFormatName.explained, valueName: "format"))
  var format: HistogramFormatName?

  @Option(name: .shortAndLong, help: "File to write.", completion: .file())
  var output: String?

  @Option(help: ArgumentHelp("Serve Prometheus at this port; 0: any free one.", valueName: "port"))
  var serve: UInt16?

  @Option(help: "Address to serve at. Default: 127.0.0.1.")
  var host: String?

  func validate() throws {
    let asksFile = format != nil || output != nil
    guard asksFile != (serve != nil), !asksFile || (format != nil && output != nil) else {
      throw ValidationError("give --as and --output, or --serve")
    }
    guard host == nil || serve != nil else { throw ValidationError("--host goes with --serve") }
  }

  func run() async throws {
    let console = source.recall.console
    let source = try await source.source(paths)
    if let serve {
      let host = host ?? "127.0.0.1"
      let socket = try ListeningSocket(host: host, port: serve)
      console.print("http://\(host):\(socket.port)/metrics")
      return try await source.server.run(on: socket)
    }
    guard let format, let output else { return }
    try ResultPlace.requireFile(output)
    let runs = try source.measured(for: output, as: format.format)
    try AtomicFile.write(try format.format.bytes(runs), to: output)
    console.note("\(runs.count) runs: \(output)")
  }
}

extension RunSource {
  fileprivate var server: MetricsServer {
    MetricsServer { accept in
      let runs = try runs()
      let format = PrometheusFormat()
      // Only a client that takes native histograms asks for protocol buffers.
      return accept.contains("application/vnd.google.protobuf")
        ? .init(
          type: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
            + "encoding=delimited", bytes: format.native(runs))
        : .init(type: "text/plain; version=0.0.4; charset=utf-8", bytes: format.bytes(runs))
    }
  }
}
