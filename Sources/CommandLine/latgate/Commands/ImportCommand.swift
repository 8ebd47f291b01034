import Jobs
import ArgumentParser
import Catalogs
import Foundation
import HistogramExchange
import Reporting
import RunRecords

struct ImportCommand: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn histograms of other programs into a run record, to be judged or kept.",
    discussion: """
      Reads an HdrHistogram log (V2), fio's --output-format=json+, the text of libbpf-tools and \
      bcc, JSON of bcc and bpftrace, and the tables of 'rtla timerlat hist' and 'rtla osnoise \
      hist'. Perfetto traces are for 'latgate fold'.

      No event is lost. Where a program's buckets are wider than latgate's, their events are \
      spread evenly over them, so that quantiles are as coarse as they were. Values keep their \
      unit. Each file is an iteration of one run: files that were measured in one boot go together.

        latgate import fio-*.json --firmware 1f2e3d --device pixel -o run-1.json
        latgate import wakeup.txt --metric rq -o record.json
        latgate compare --reference old/ --candidate new/
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Files.", completion: .file())
  var files: [String]

  @Option(
    help: "Metric's name in the record instead of the one that the kind of file has.",
    completion: .metrics)
  var metric: String?

  @Option(help: "Name of the phase in the record.")
  var phase = "imported"

  @Option(help: "Name of the suite in the record.")
  var suite = "imported"

  @Option(help: "Name of the device in the record.")
  var device = "imported"

  @Option(help: "Build of the firmware in the record.")
  var firmware = "imported"

  @OptionGroup var made: RecordOptions

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("name a file") }
    // As a gate's pattern would read it: other signs begin labels or a phase.
    if let metric,
      MetricPattern(metric)?.name != metric || metric.contains(where: { "*?!".contains($0) })
    {
      throw ValidationError("--metric '\(metric)' is no name, such as app.wait")
    }
  }

  func run() async throws {
    try made.requirePlaces()
    let record = try record()
    try made.show(RunReport(record), of: record, common.console)
  }

  private func record() throws -> RunRecord {
    var record = RunRecord(
      id: UUID().uuidString.lowercased(),
      created: Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down)),
      toolVersion: Version.text, target: device,
      device: DeviceFacts(name: device, serial: "", model: "", transport: "import", abi: ""),
      firmware: FirmwareIdentity(
        name: firmware, id: firmware, fingerprint: "", kernelRelease: "", kernelBuildID: ""),
      boot: BootFacts(bootID: "", uptimeSeconds: 0), suite: suite, workload: "import")
    for (index, file) in files.enumerated() {
      let found = try read(file)
      let entries = found.entries.map { entry in
        HistogramRecord(
          metric: metric ?? entry.metric, labels: entry.labels, unit: entry.unit,
          histogram: entry.histogram)
      }
      record.iterations.append(
        IterationRecord(
          index: index, kind: .measured, startedUptimeNs: 0,
          phases: [PhaseRecord(name: phase, durationNs: 0, drainNs: 0, histograms: entries)],
          notes: ["source": "\(found.source), \(file)"]))
    }
    return record
  }

  private func read(_ file: String) throws -> ForeignHistograms {
    guard let data = FileManager.default.contents(atPath: file) else {
      throw RunRecordError.unreadable(file: file)
    }
    do {
      return try ForeignHistograms(Array(data))
    } catch {
      throw ExchangeFileError(place: file, problem: error.problem)
    }
  }
}
