import ArgumentParser
import Catalogs
import Experiments
import Foundation
import Jobs
import RecordStore
import RegressionAnalysis
import Reporting
import RunRecords

struct CalibrateCommand: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Learn a bench's noise from runs of unchanged firmware, and whether it may gate.",
    discussion: """
      Runs one firmware many times and reports how much its runs differ, where that comes from, what \
      a check can find on this bench, and how often it would call unchanged firmware slower. The \
      noise is stored with the device: checks start from it, and every check adds to it. A bench \
      that calls more than \(Int(BenchQualification.limit * 100))% of unchanged builds slower is \
      refused as a judge.

        latgate calibrate demo
        latgate calibrate demo --runs 24
        latgate calibrate demo --from records/

      \(BenchQualification.leastRuns) runs show whether the bench qualifies; 24 or more show the \
      noise well. Exit codes: 0 qualified, 2 too few runs, 3 not qualified.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The suite.", completion: .suites)
  var suite: String?

  @Option(help: "Device file instead of the suite's.", completion: .devices)
  var device: String?

  @Option(help: "Firmware instead of the suite's reference.", completion: .firmwares)
  var firmware: String?

  @Option(help: "Runs of the firmware. Default: \(BenchQualification.leastRuns).")
  var runs: Int?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Learn from these records instead of making runs.",
      discussion: "Files or directories; all of unchanged firmware. Several firmwares count each.",
      valueName: "records"))
  var from: [String] = []

  @OptionGroup var tiers: TierOptions
  @OptionGroup var safety: SafetyOptions
  @OptionGroup var devices: DeviceOptions
  @OptionGroup var failures: FailureOptions

  @Option(help: "Virtual devices side by side: 1 or 2; default: 2.")
  var lanes: Int?

  @Option(
    help: "Directory for run records. Default: latgate-results/calibrate-<suite>-<time>-<process>.",
    completion: .directory)
  var output: String?

  @Flag(help: "Also show metrics that decide nothing.")
  var all = false

  @OptionGroup var report: ReportOptions<NoiseReport>

  /// Runs that are made.
  private var wanted: Int { runs ?? BenchQualification.leastRuns }

  var computesOnly: Bool { !from.isEmpty }

  func validate() throws {
    guard (1...2).contains(lanes ?? 2) else { throw ValidationError("--lanes must be 1 or 2") }
    let most = 2 * SuiteDefinition.Runs.mostPlanned
    guard (2...most).contains(wanted), wanted.isMultiple(of: 2) else {
      throw ValidationError("--runs takes an even number from 2 to \(most)")
    }
    guard !from.isEmpty || suite != nil else { throw ValidationError("name a suite") }
    let asks: [Any?] = [device, firmware, runs, tiers.tier, lanes, output]
    guard from.isEmpty || asks.allSatisfy({ $0 == nil }) else {
      throw ValidationError(
        "--from makes no runs: it goes without --device, --firmware, --runs, --tier, --lanes, "
          + "--output")
    }
  }

  func run() async throws {
    let console = common.console
    try report.requirePlaces()
    let safety = try await safety.open()
    let (records, policy) = try await from.isEmpty ? made(safety) : given()
    let noise = try await Interruption.compute { try calibrate(records, policy: policy) }
    try keep(records, noise, safety.store)
    try report.show(NoiseReport(noise), console, showsAll: all)
    if report.isUsual {
      console.note("stored for \(noise.bench.suite) on \(noise.bench.target): \(safety.store.path)")
    }
    switch noise.qualification.standing {
    case .qualified: return
    case .undecided: throw ExitStatus.inconclusive.code
    case .notQualified: throw ExitStatus.gateFailed.code
    }
  }

  private func keep(_ records: [RunRecord], _ noise: BenchNoise, _ store: Store) throws {
    try BenchMemory.keep(records, in: store)
    let experiments = Set(records.compactMap { $0.experiment?.id })
    try store.calibrate(
      noise.bench, calibration: try noise.encoded(), profile: try noise.profile.encoded(),
      experiments: experiments, at: Date())
  }

  private func given() throws -> ([RunRecord], VerdictPolicy) {
    let records = try RecordFiles.read(from)
    let isVirtual = records.allSatisfy { $0.device.transport == "virtual" }
    guard let suite else { return (records, VerdictPolicy(freeSwitching: isVirtual)) }
    let definition = try Workbench(common).catalog.suite(suite)
    return (records, VerdictPolicy(suite: definition, freeSwitching: isVirtual))
  }

  /// Runs of one firmware, as a check makes those of two.
  private func made(_ safety: LoadSafety) async throws -> ([RunRecord], VerdictPolicy) {
    let bench = try Workbench(common)
    let definition = try bench.catalog.suite(suite ?? "")
    guard let firmware = firmware ?? definition.reference else {
      throw RunError.noFirmware(suite: definition.name, arm: "reference")
    }
    let device = device ?? definition.device
    var setup = CheckSetup(
      id: UUID().uuidString.lowercased(), suite: definition.name, device: device,
      reference: firmware, candidate: firmware, iterations: definition.iterations,
      layout: try .usual(for: device, of: definition, in: bench.catalog),
      runs: wanted / 2, mostRuns: wanted / 2, lanes: lanes ?? 2, tier: tiers.tier,
      allowsMixed: false)
    let directory = CheckDirectory(
      path: output
        ?? ResultPlace.newDirectory("calibrate-\(definition.name)"))
    var plan = try setup.plan(bench, safety: safety)
    plan.reconnect = devices.reconnect
    plan.wait = devices.wait
    let target = try await setup.target(plan, bench, directory, wait: devices.wait)
    defer { target.release() }
    setup.lanes = target.lanes.count
    let experiment = try await CheckExperiment(
      setup, plan: plan, target: target, bench: bench, directory: directory,
      bugReport: failures.bugReport)
    if let time = experiment.planned(setup.design, made: []).time?.planned {
      common.console.note(
        "\(wanted) runs of \(firmware): about \(max(1, time.components.seconds / 60)) min")
    }
    let outcome = try await experiment.run(setup.design)
    return (outcome.records, experiment.policy)
  }
}
