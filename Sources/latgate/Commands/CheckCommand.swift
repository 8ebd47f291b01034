import ADB
import ArgumentParser
import Catalogs
import Experiments
import Foundation
import POSIXSupport
import ProbeBuild
import RegressionAnalysis
import Reporting
import RunRecords
import VirtualDevices

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare a candidate firmware with a reference and pass or fail it.",
    discussion: """
      Runs are interleaved (A B, B A, …). When something moved, or a budget could not be shown to \
      hold, fresh runs of both firmwares must confirm it.

        latgate check demo
        latgate check demo --candidate debug-left-on --format json
        latgate check app-start --device pixel@tcp:10.0.0.7:5555 --wait-for-device 10m
        latgate check app-start --pool rack1

      A device file's hooks change the firmware of a real device; what they say is in hooks.log \
      of the results. Their time limits, unless the file has others: flash 15m, switch 10m, \
      reboot 5m, ready 5m, power_cycle 2m. A hook that fails or runs over its time ends the check \
      with 69.

      Exit codes: 0 pass, 1 regression, 2 inconclusive, 3 gate failed or data invalid, 69 device \
      unavailable or in use.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The suite.")
  var suite: String

  @OptionGroup var pool: PoolOptions

  @Option(help: "Reference firmware instead of the suite's.")
  var reference: String?

  @Option(help: "Candidate firmware instead of the suite's.")
  var candidate: String?

  @Option(help: "Runs per arm before the first judgement, instead of the suite's.")
  var runs: Int?

  @Option(help: "Fresh runs per arm that must confirm a finding, instead of the suite's.")
  var confirmRuns: Int?

  @OptionGroup var tiers: TierOptions

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var devices: DeviceOptions

  @OptionGroup var mixing: MixingOptions

  @Option(help: "Virtual devices side by side: 1 or 2.")
  var lanes = 2

  @Option(
    help: ArgumentHelp(
      "Folder for run records, verdict and report.",
      discussion: "Default: latgate-results/<suite>-<time>."))
  var output: String?

  @Option(help: "How to print: \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: OutputFormat = .terminal

  func validate() throws {
    guard (1...2).contains(lanes) else { throw ValidationError("--lanes must be 1 or 2") }
    if let runs, runs < 1 { throw ValidationError("--runs must be 1 or more") }
    if let confirmRuns, confirmRuns < 0 {
      throw ValidationError("--confirm-runs must be 0 or more")
    }
  }

  func run() async throws {
    let console = common.console
    let bench = try Workbench(common)
    let folder = output ?? "latgate-results/\(suite)-\(Self.timestamp())"
    if let pool = try pool.pool(bench.catalog) {
      return try await PoolRun(
        command: "check", suite: suite, pool: pool, bench: bench, folder: folder
      ).run(format)
    }
    var plan = try Plan(bench: bench, suite: suite, safety: try await safety.open())
    if let runs { plan.suite.runs.screen = runs }
    if let confirmRuns { plan.suite.runs.confirm = confirmRuns }
    plan.tier = tiers.tier
    plan.reconnect = devices.reconnect
    let firmwares = try firmwares(plan.suite)
    let id = UUID().uuidString.lowercased()
    try UserFolders.makeFolder(folder, mode: 0o755)

    let perStage = [
      ExperimentPlace.Stage.screen: 2 * plan.suite.runs.screen,
      .confirm: 2 * plan.suite.runs.confirm,
    ]
    let display = RunDisplay(console: console, runs: perStage[.screen] ?? 0)
    defer { display.end() }
    let target = try await LaneFactory(
      catalog: bench.catalog,
      server: try ADBServer(environment: ProcessInfo.processInfo.environment), share: bench.share,
      leases: try devices.leases { display.line($0) }, hookLog: "\(folder)/hooks.log"
    ) { console.detail($0) }
    .experiment(
      device: pool.device.first ?? plan.suite.device, fallback: plan.suite.device,
      id: "check-\(getpid())", lanes: lanes)
    defer { target.release() }
    let isVirtual = target.lanes.first?.transport == "virtual"
    let bundle = try await bench.bundle(
      abi: try await abi(of: target, firmwares), probes: plan.probes)
    var policy = VerdictPolicy(suite: plan.suite, freeSwitching: isVirtual)
    policy.allowsMixed = mixing.allowMixed
    let runner = ExperimentRunner(
      id: id,
      design: ExperimentDesign(
        screenRuns: plan.suite.runs.screen, confirmRuns: plan.suite.runs.confirm,
        lanes: target.lanes.count),
      lanes: target.lanes, reference: firmwares.reference, candidate: firmwares.candidate,
      request: { [plan] slot, place in
        var request = plan.request(
          bundle: bundle, definition: target.definition, transport: "", firmware: "",
          firmwareID: nil)
        request.place = place
        // The first run of each arm tells what the probes cost; more would only take time.
        request.measuresOverhead = slot.stage == .screen && slot.order < 2
        return request
      },
      judge: { [policy] records, _ in
        try RegressionAnalysis.judge(Self.input(records, policy))
      },
      handle: { event in
        switch event {
        case .starting(let slot, let firmware):
          display.starting(
            order: slot.order, arm: "\(slot.arm.rawValue) (\(firmware))",
            stage: slot.stage.rawValue, runs: perStage[slot.stage] ?? 0)
        case .progress(let slot, let progress):
          display.progress(order: slot.order, progress)
        case .recorded(let slot, let record):
          let path = try RecordFiles.write(record, to: "\(folder)/runs")
          display.finished(order: slot.order)
          console.detail("record: \(path)")
        case .failed(let slot, let reason):
          display.line("run \(slot.order + 1) (\(slot.arm.rawValue)) failed: \(reason)")
        case .judging(let stage):
          console.detail("judging the \(stage.rawValue) runs")
        }
      })
    let outcome = try await runner.run()
    display.end()
    try finish(outcome, policy, folder: folder, console: console)
  }

  private func finish(
    _ outcome: ExperimentRunner.Outcome, _ policy: VerdictPolicy, folder: String, console: Console
  ) throws {
    let verdict = outcome.verdict
    let report = VerdictReport(verdict, of: Self.input(outcome.records, policy))
    let json = try report.json()
    try AtomicFile.write(try verdict.encoded(), to: "\(folder)/verdict.json")
    try AtomicFile.write(json, to: "\(folder)/report.json")
    try AtomicFile.write(
      report.text(width: 120, style: .plain, showsAll: true).utf8, to: "\(folder)/report.txt")
    switch format {
    case .terminal:
      console.print(report.text(width: console.width, style: console.style))
      console.note("records, verdict.json, report.json and report.txt: \(folder)")
    case .json: console.print(String(decoding: json, as: UTF8.self))
    }
    if verdict.exitCode != 0 { throw ExitCode(verdict.exitCode) }
  }

  static func input(_ records: [RunRecord], _ policy: VerdictPolicy) -> VerdictInput {
    func runs(_ arm: ExperimentPlace.Arm, _ stage: ExperimentPlace.Stage) -> [RunRecord] {
      records.filter { $0.experiment?.arm == arm && $0.experiment?.stage == stage }
    }
    return VerdictInput(
      reference: runs(.reference, .screen), candidate: runs(.candidate, .screen),
      confirmReference: runs(.reference, .confirm), confirmCandidate: runs(.candidate, .confirm),
      policy: policy)
  }

  private func firmwares(
    _ suite: SuiteDefinition
  ) throws -> (reference: String, candidate: String) {
    guard let reference = reference ?? suite.reference else {
      throw RunError.noFirmware(suite: suite.name, arm: "reference")
    }
    guard let candidate = candidate ?? suite.candidate else {
      throw RunError.noFirmware(suite: suite.name, arm: "candidate")
    }
    return (reference, candidate)
  }

  /// A virtual device's is known before it boots.
  private func abi(
    of target: LaneFactory.Target, _ firmwares: (reference: String, candidate: String)
  ) async throws -> TargetABI {
    guard target.definition.kind == .virtual else {
      guard let lane = target.lanes.first else { return .arm64 }
      return try await Plan.abi(of: try await lane.current())
    }
    let machine = try target.definition.machine(firmware: firmwares.reference)
    let architecture = machine.kernel.architecture
    let candidate = try target.definition.machine(firmware: firmwares.candidate)
    guard candidate.kernel.architecture == architecture,
      let abi = TargetABI(architecture)
    else {
      throw VirtualDeviceError.invalidValue(
        field: "candidate", value: firmwares.candidate,
        reason: "its kernel is of another architecture than the reference's")
    }
    return abi
  }

  static func timestamp() -> String {
    Date().formatted(
      .verbatim(
        "\(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)-\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)",
        timeZone: .current, calendar: Calendar(identifier: .gregorian)))
  }
}
