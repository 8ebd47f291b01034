import ArgumentParser
import Jobs
import ProbeBuild
import Reporting
import RunRecords

struct ProbesList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the probes, or say how each would be attached on a device.",
    discussion: """
      Without a device: what each probe measures, its cost, and the tool it is held against. With \
      one: its tier, the rung of every hook, or what is missing.

        latgate probes
        latgate probes --device demo --format json
        latgate probes --device demo --check
        latgate probes --source fsync

      Exits 3 when the device takes none of the probes, or when one that it takes fails its check.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: "Try the probes on this device.", completion: .devices)
  var device: String?

  @Option(help: "Only this probe; may be repeated.", completion: .probes)
  var probe: [String] = []

  @Option(
    help: ArgumentHelp(
      "Print the BPF program of this probe, as written by hand or from its spans.",
      valueName: "probe"))
  var source: String?

  @Flag(
    help: ArgumentHelp(
      "Make the small load of each probe, and see whether the probe counts it.",
      discussion: "Finds hooks that attach and never fire, and starts without an end."))
  var check = false

  @OptionGroup var tiers: TierOptions

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var output: FormatOptions<SurveyReport>

  func validate() throws {
    guard device != nil || (!check && tiers.tier == nil) else {
      throw ValidationError("--check and --tier are of probes on a device: give --device")
    }
    guard source == nil || (device == nil && probe.isEmpty && output.isUsual) else {
      throw ValidationError(
        "--source prints a program as it is: it goes without --device, --probe and --format")
    }
  }

  func run() async throws {
    let console = common.console
    let bench = try Workbench(common)
    if let source {
      let text = try ProbeSource(try bench.catalog.probe(source)).text()
      return console.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
    let probes = try bench.probes(named: probe)
    guard let device else { return try output.print(other: ProbeListing(probes), console) }
    let report = try await Survey(bench: bench, safety: try await safety.open())
      .report(device: device, probes: probes, tier: tiers.tier, isChecking: check)
    try output.print(report, console)
    let isFailed = report.probes.contains { $0.check?.isFaulty == true }
    if isFailed || !report.probes.contains(where: { $0.status == .loaded }) {
      throw ExitStatus.gateFailed.code
    }
  }
}
