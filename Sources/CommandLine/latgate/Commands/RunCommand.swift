import ADB
import ArgumentParser
import Catalogs
import Devices
import Experiments
import Foundation
import Jobs
import POSIXSupport
import Reporting

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Make one run of a suite and show what it measured, without any judgement.",
    discussion: """
      The device is the suite's unless another is named: a running virtual device, a device file, \
      'local', or an adb serial.

        latgate run smoke --device local
        latgate run demo --device demo --format json
        latgate run smoke --probe block --probe fsync
        latgate run --probe fsync --for 10s --device demo
        latgate run --probe syscall --for 5s --comm sqlite3
        latgate run --object runqlat.bpf.o --map hists --for 10s

      With --for there is no suite and no workload: the probes look at what the device does \
      anyway, at once, on this machine unless a device is named. All processes are seen, split \
      by class where a probe does that, unless --comm, --pid or --cgroup chooses some: an \
      operation counts when the task that begins it is of them at that moment. A scope that \
      matches nothing ends with 65.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: ArgumentHelp("The suite.", discussion: "Default: smoke."), completion: .suites)
  var suite: String?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Look for this long at what the device does anyway, such as 10s; needs --probe or --object.",
      valueName: "time"))
  var span: TimeSpan?

  @OptionGroup var scope: RunScopeOptions

  @OptionGroup var pool: PoolOptions

  @Option(
    help: "Firmware that a virtual device boots. Default: the suite's reference.",
    completion: .firmwares)
  var firmware: String?

  @Option(help: "Workload instead of the suite's.", completion: .workloads)
  var workload: String?

  @Option(help: "Probe instead of the suite's; may be repeated.", completion: .probes)
  var probe: [String] = []

  @OptionGroup var object: ForeignObjectOptions

  @OptionGroup var tiers: TierOptions

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var devices: DeviceOptions

  @Option(help: "Measured iterations instead of the suite's.")
  var iterations: Int?

  @Option(help: "Directory for the run record. Default: none is kept.", completion: .directory)
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Directory with unstripped files or debug files, for the names in stacks; may be repeated.",
      valueName: "directory"), completion: .directory)
  var symbols: [String] = []

  @OptionGroup var failures: FailureOptions

  @Flag(help: "Make each probe's own small load first, and say which of them did not count it.")
  var selfCheck = false

  @Flag(help: "Draw every histogram, not only those with the most events.")
  var all = false

  @OptionGroup var report: ReportOptions<RunReport>

  func validate() throws {
    try requireIterations(iterations)
    for directory in symbols where !PathKind.isDirectory(directory) {
      throw ValidationError("--symbols \(directory): there is no such directory")
    }
    guard let span else {
      guard object.object == nil else { throw ValidationError("--object goes with --for") }
      guard scope.scope == nil else {
        throw ValidationError("--comm, --pid and --cgroup go with --for")
      }
      return
    }
    guard !probe.isEmpty || object.object != nil else {
      throw ValidationError("--for needs --probe, once or more, or --object")
    }
    guard suite == nil, workload == nil, firmware == nil else {
      throw ValidationError("--for goes without a suite, --workload and --firmware")
    }
    guard pool.pool == nil, pool.device.count < 2 else {
      throw ValidationError("--for looks at one device")
    }
    guard span.duration <= .seconds(3600) else { throw ValidationError("--for takes up to 1h") }
  }

  private func plan(_ bench: Workbench) async throws -> Plan {
    let safety = try await safety.open()
    guard let span else {
      return try Plan(
        bench: bench, suite: suite ?? Self.usualSuite, workload: workload, probes: probe,
        safety: safety)
    }
    var plan = try Plan(
      bench: bench, observing: probe, for: span.duration, on: pool.device.first ?? "local",
      scope: scope.scope, safety: safety)
    if let foreign = try object.probe() { try plan.add(try foreign.manifest()) }
    return plan
  }

  private static let usualSuite = "smoke"

  func run() async throws {
    let console = common.console
    let bench = try Workbench(common)
    if let pool = try pool.pool(bench.catalog) {
      let suite = suite ?? Self.usualSuite
      return try await PoolRun(
        command: "run", suite: suite, pool: pool, bench: bench,
        directory: output ?? ResultPlace.newDirectory(suite)
      ).run(report.printing.format.name, reports: report.files)
    }
    if let output { try ResultPlace.requireDirectory(output) }
    try report.requirePlaces()
    var plan = try await plan(bench)
    if let iterations { plan.suite.iterations = iterations }
    plan.tier = tiers.tier
    plan.wait = devices.wait
    plan.symbolDirectories = symbols
    plan.checksProbes = selfCheck
    // The number is another process's after a restart.
    plan.reconnect = scope.pid == nil ? devices.reconnect : .zero
    var run = SingleRun(
      console: console, bench: bench, plan: plan, device: pool.device.first)
    run.firmware = firmware
    run.output = output
    run.wait = devices.wait
    run.keepsReports = failures.bugReport
    run.isLook = span != nil
    try await run.run { try report.show($0, console, showsAll: all) }
  }
}

/// An object of another tool.
struct ForeignObjectOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A BPF object that another tool's authors built, whose maps count by powers of two.",
      valueName: "file"))
  var object: String?

  @Option(
    help: ArgumentHelp(
      "Its map, or variable, with a histogram; may be repeated. Default: all that it has.",
      valueName: "name"))
  var map: [String] = []

  @Option(
    help: ArgumentHelp(
      "Of what it counts: ns, us, ms, s, B and the like. Default: us.", valueName: "unit"))
  var unit: String?

  @Option(
    help: ArgumentHelp(
      "A constant of it, such as targ_dist=1; may be repeated.", valueName: "name=number"))
  var set: [String] = []

  @Option(
    help: ArgumentHelp(
      "Last slot of a map whose keys have the slot, where the one above it holds a sum.",
      valueName: "number"))
  var lastSlot: Int?

  func validate() throws {
    guard object != nil else {
      guard map.isEmpty, unit == nil, set.isEmpty, lastSlot == nil else {
        throw ValidationError("--map, --unit, --set and --last-slot go with --object")
      }
      return
    }
    _ = try settings()
    if let lastSlot, !(0...63).contains(lastSlot) {
      throw ValidationError("--last-slot takes 0 to 63")
    }
    if let unit, !MetricUnit.isKnown(unit), !["ns", "us", "ms", "s"].contains(unit) {
      throw ValidationError("--unit \(unit): \(MetricUnit.remedy(for: unit))")
    }
  }

  private func settings() throws -> [String: UInt64] {
    var settings: [String: UInt64] = [:]
    for text in set {
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let number = UInt64(parts[1]) else {
        throw ValidationError("--set \(text): write NAME=NUMBER, such as targ_dist=1")
      }
      settings[String(parts[0])] = number
    }
    return settings
  }

  /// Nil without an object.
  func probe() throws -> ForeignProbe? {
    try object.map {
      ForeignProbe($0, maps: map, unit: unit ?? "us", settings: try settings(), lastSlot: lastSlot)
    }
  }
}
