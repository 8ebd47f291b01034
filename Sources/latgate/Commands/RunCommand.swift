import ADB
import ArgumentParser
import Experiments
import Foundation
import Reporting

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Make one run of a suite and show its histograms, without any judgement.",
    discussion: """
      The device is the suite's unless another is named: a running virtual device, a device file, \
      'local', or an adb serial.

        latgate run smoke --device local
        latgate run demo --device demo --format json
        latgate run smoke --probe block --probe fsync
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The suite.")
  var suite = "smoke"

  @OptionGroup var pool: PoolOptions

  @Option(help: "Firmware that a virtual device boots. Default: the suite's reference.")
  var firmware: String?

  @Option(help: "Workload instead of the suite's.")
  var workload: String?

  @Option(help: "Probe instead of the suite's; may be repeated.")
  var probe: [String] = []

  @OptionGroup var tiers: TierOptions

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var devices: DeviceOptions

  @Option(help: "Measured iterations instead of the suite's.")
  var iterations: Int?

  @Option(help: "Folder for the run record. Default: none is kept.")
  var output: String?

  @Option(help: "How to print: \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: OutputFormat = .terminal

  func validate() throws {
    if let iterations, iterations < 1 {
      throw ValidationError("--iterations must be 1 or more")
    }
  }

  func run() async throws {
    let console = common.console
    let bench = try Workbench(common)
    if let pool = try pool.pool(bench.catalog) {
      return try await PoolRun(
        command: "run", suite: suite, pool: pool, bench: bench,
        folder: output ?? "latgate-results/\(suite)-\(CheckCommand.timestamp())"
      ).run(format)
    }
    var plan = try Plan(
      bench: bench, suite: suite, workload: workload, probes: probe,
      safety: try await safety.open())
    if let iterations { plan.suite.iterations = iterations }
    plan.tier = tiers.tier
    plan.reconnect = devices.reconnect
    let display = RunDisplay(console: console, runs: 1)
    defer { display.end() }
    let factory = LaneFactory(
      catalog: bench.catalog,
      server: try ADBServer(environment: ProcessInfo.processInfo.environment), share: bench.share,
      leases: try devices.leases { display.line($0) }, hookLog: output.map { "\($0)/hooks.log" }
    ) { display.line($0) }
    let target = try await factory.single(
      device: pool.device.first ?? plan.suite.device, id: "run-\(getpid())")
    defer { target.release() }
    guard let lane = target.lanes.first else { return }
    let firmware = firmware ?? plan.suite.reference ?? "running"
    do {
      let started = try await lane.start(firmware: firmware)
      var request = try await plan.request(
        bench: bench, device: started.device, definition: target.definition,
        transport: lane.transport, firmware: firmware, firmwareID: started.firmwareID)
      request.take(started)
      let record = try await RunExecutor(
        request: request, device: started.device, recover: { try await lane.recover() }
      ) {
        display.progress(order: 0, $0)
      }.run()
      await lane.finish()
      display.end()
      if let output { console.note("record: \(try RecordFiles.write(record, to: output))") }
      let report = RunReport(record)
      switch format {
      case .terminal: console.print(report.text(width: console.width, style: console.style))
      case .json: console.print(String(decoding: try report.json(), as: UTF8.self))
      }
      if !record.invalid.isEmpty { throw ExitStatus.gateFailed.code }
    } catch {
      await lane.finish()
      throw error
    }
  }
}
