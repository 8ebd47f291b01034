import ArgumentParser
import Catalogs
import Experiments
import Foundation
import Jobs
import PerfettoTraces
import RegressionAnalysis
import Reporting
import RunRecords

struct FoldCommand: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "fold",
    abstract: "Turn a perfetto trace into a run record, with the histograms the probes give.",
    discussion: """
      Works on archived traces, and on traces of devices where BPF and tracefs are out of reach. \
      The trace needs the events of linux.ftrace that 'latgate probes show' names for T0. It may \
      be compressed, as a whole (.gz, .zst, .zip) or by packet.

      Events that are missing inside the window make the record invalid: exit code 3. Where they \
      are missing in another part only, --from and --to leave that out. A trace in which no probe \
      finds an event, or of which too much was lost, ends with 3 as well; a --process that is not \
      in the trace with 65.

        latgate fold app-start.perfetto-trace
        latgate fold boot.perfetto-trace --from 2s --to 7500ms -o record.json
        latgate fold test.perfetto-trace --from-marker 'scroll begin' \\
            --to-marker 'scroll end' --process com.example.app --probe runqueue
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The trace.", completion: .file())
  var trace: String

  @Option(
    help: "Suite that names the probes. Default: every probe the trace has events for.",
    completion: .suites)
  var suite: String?

  @Option(help: "Probe instead of the suite's; may be repeated.", completion: .probes)
  var probe: [String] = []

  @Option(
    help: ArgumentHelp(
      "Time from the first event to where judging begins, such as 1500ms.", valueName: "time"))
  var from: TraceMoment?

  @Option(
    help: ArgumentHelp(
      "Time from the first event to where judging ends. Default: the trace's end.",
      valueName: "time"))
  var to: TraceMoment?

  @Option(help: "Text in a print event where judging begins.")
  var fromMarker: String?

  @Option(help: "Text in a print event where judging ends.")
  var toMarker: String?

  @Option(
    help: "Name of a process that is the workload, as the trace has it; may be repeated.")
  var process: [String] = []

  @Option(help: "Name of the phase in the record.")
  var phase = "trace"

  @Option(help: "Name of the device in the record.")
  var device = "traced"

  @Option(help: "Name of the firmware in the record. Default: the build's fingerprint.")
  var firmware: String?

  @OptionGroup var made: RecordOptions

  func validate() throws {
    if (fromMarker == nil) != (toMarker == nil) {
      throw ValidationError("--from-marker and --to-marker belong together")
    }
    if fromMarker != nil, from != nil || to != nil {
      throw ValidationError("give the window by --from and --to or by markers, not both")
    }
    if let from, let to, from.seconds >= to.seconds {
      throw ValidationError("--from must be before --to")
    }
  }

  func run() async throws {
    let console = common.console
    try made.requirePlaces()
    let catalog = try Workbench(common).catalog
    let probes = try wantedProbes(catalog)
    let policy = try suite.map { VerdictPolicy(suite: try catalog.suite($0), freeSwitching: false) }
    let lossLimit = (policy ?? VerdictPolicy()).lossLimit
    let named = suite != nil || !probe.isEmpty
    let folder = TraceFolder(
      window: window, workload: Set(process),
      metrics: Set(probes.flatMap(\.metrics).map(\.name)), declarations: probes.declarations)
    let folded = try TraceFile(path: trace).folded(by: folder)
    for note in folded.facts.notes { console.note("\(trace): \(note)") }
    for omission in folded.facts.omissions { console.warning("\(trace): \(omission)") }
    if case .whole = folder.window {
      console.note("the window is the whole trace: --from, --to or markers choose a part")
    }
    let loaded = Set(folded.metrics.map { MetricID.probe(ofMetric: $0.name) })
    let record = FoldedRecord(
      trace: folded, probes: named ? probes : probes.filter { loaded.contains($0.name) },
      device: device, firmware: firmware ?? folded.facts.fingerprint, suite: suite ?? "trace",
      phase: phase
    ).record()
    let result = RunReport(record, lossLimit: lossLimit)
    try made.show(result, of: record, console)
    let isLost = record.probes.contains { $0.status == .lost }
    if isLost || !record.invalid.isEmpty || result.faults != nil {
      throw ExitStatus.gateFailed.code
    }
  }

  private var window: TraceWindow {
    if let fromMarker, let toMarker { return .markers(from: fromMarker, to: toMarker) }
    return from == nil && to == nil ? .whole : .seconds(from: from?.seconds, to: to?.seconds)
  }

  private func wantedProbes(_ catalog: Catalog) throws -> [ProbeManifest] {
    if !probe.isEmpty { return try probe.map { try catalog.probe($0) } }
    if let suite {
      return try catalog.suite(suite).probes.map { try catalog.probe($0) }
    }
    return catalog.probes.values.sorted { $0.name < $1.name }
  }
}

/// A moment of a trace, by the time since its first event.
struct TraceMoment: ExpressibleByArgument {
  let seconds: Double

  /// A duration; a number alone is of seconds, as in earlier versions.
  init?(argument: String) {
    guard let duration = Duration(quantity: argument) ?? Duration(quantity: argument + "s") else {
      return nil
    }
    seconds = duration / .seconds(1)
  }
}
