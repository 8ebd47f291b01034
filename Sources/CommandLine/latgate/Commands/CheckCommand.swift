import ArgumentParser
import Catalogs
import Experiments
import Foundation
import Jobs
import RegressionAnalysis
import Reporting
import RunRecords

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Compare a candidate firmware with a reference and pass or fail it.",
    discussion: """
      Runs are interleaved (A B, B A, …). The verdict is looked at after each pair of runs from \
      3 + 3 on, and the check ends as soon as it is settled: a gross regression after 6 boots, an \
      unchanged firmware when every budget is shown to hold. Runs beyond the planned ones are made \
      where something looks slower and is not confirmed. What it will cost and find is reported \
      before it begins.

        latgate check demo
        latgate check demo --candidate debug-left-on --format json
        latgate check demo --time-budget 30m
        latgate check demo --baseline nightly
        latgate check demo --measure 'softirq_entry ~ softirq_exit by cpu,vec'
        latgate check --resume latgate-results/demo-20260101-120000-4711
        latgate check app-start --device pixel@usb:A1 --wait-for-device 10m
        latgate check app-start --pool rack1
        latgate check app-start --design crossover \\
            --device pixel@usb:A1 --device pixel@usb:B2

      With a time budget the design is chosen: the smallest that finds a worsening as large as \
      every budget of the suite, else the largest that fits; one that would miss it is refused.

      Before anything is measured the two firmwares must be shown to differ: by build id, \
      fingerprint, kernel, slot, or what the device file expects (3 where they do not). A check of \
      one firmware against itself is declared with --aa, or with one name for both.

      The bench's noise profile is used and grows with every check; a bench that 'calibrate' did \
      not qualify is refused. Waived issues do not fail the firmware.

      A device file's commands change the firmware of a real device; what they say is in commands.log \
      of the results. Their time limits, unless the file has others: flash 15m, switch 10m, \
      reboot 5m, ready 5m, power_cycle 2m. A command that fails or runs over its time ends the check \
      with 69.

      Exit codes: 0 pass, 1 regression, 2 inconclusive, 3 gate failed or data invalid, 69 device \
      unavailable or in use.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The suite.", completion: .suites)
  var suite: String?

  @OptionGroup var pool: PoolOptions

  @Option(help: "Reference firmware instead of the suite's.", completion: .firmwares)
  var reference: String?

  @Option(help: "Candidate firmware instead of the suite's.", completion: .firmwares)
  var candidate: String?

  @Flag(
    help: ArgumentHelp(
      "Both firmwares are one: an A/A check, in which nothing must be found.",
      discussion:
        "One name for both says so by itself. Without it, arms that do not differ are refused."))
  var aa = false

  @Option(help: "Planned runs per arm, instead of the suite's.")
  var runs: Int?

  @Option(help: "Most runs per arm, where something is left open; default: 2.5 times --runs.")
  var mostRuns: Int?

  @Option(
    help: ArgumentHelp(
      "Measured iterations per run, instead of the suite's.",
      discussion:
        "Where the suite has none, 3 to 20 by what a boot and an iteration cost on this bench."))
  var iterations: Int?

  @Option(
    help: ArgumentHelp(
      "A line to measure beside the suite's probes, as 'latgate measure' takes it but without "
        + "'for'; may be repeated.",
      valueName: "line"))
  var measure: [String] = []

  @OptionGroup var flow: FlowOptions

  @OptionGroup var memory: MemoryOptions

  @OptionGroup var tiers: TierOptions

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var devices: DeviceOptions

  @OptionGroup var mixing: MixingOptions

  @Option(help: "Virtual devices side by side: 1 or 2; default: 2.")
  var lanes: Int?

  @Option(
    help: ArgumentHelp(
      "Directory for run records, verdict and report.",
      discussion: "Default: latgate-results/<suite>-<time>-<process>."), completion: .directory)
  var output: String?

  @OptionGroup var failures: FailureOptions

  @Flag(help: "Show every statistic, not only those that moved or decide.")
  var all = false

  @OptionGroup var results: ReportOptions<VerdictReport>

  func validate() throws {
    if let lanes, !(1...2).contains(lanes) { throw ValidationError("--lanes must be 1 or 2") }
    let (planned, most) = (SuiteDefinition.Runs.mostPlanned, SuiteDefinition.Runs.mostMade)
    if let runs, !(1...planned).contains(runs) {
      throw ValidationError("--runs takes 1 to \(planned)")
    }
    try requireIterations(iterations)
    if let mostRuns, !((runs ?? 1)...most).contains(mostRuns) {
      throw ValidationError("--most-runs takes \(runs ?? 1) to \(most)")
    }
    let isNamed = suite != nil
    guard isNamed == (flow.resume == nil) else {
      throw ValidationError(
        isNamed ? "--resume continues its own suite: give none" : "name a suite")
    }
    guard (flow.design == .stored) == (memory.baseline != nil) || flow.design == nil else {
      throw ValidationError("--design stored goes with --baseline, and only with it")
    }
    guard !flow.force || flow.timeBudget != nil else {
      throw ValidationError("--force goes with --time-budget")
    }
    let isOne = pool.pool == nil && (pool.device.count < 2 || flow.design == .crossover)
    guard !flow.plan || (isOne && results.isUsual) else {
      throw ValidationError(
        isOne
          ? "--plan is printed as text: it goes without --format"
          : "--plan is of one device: name it with --device")
    }
    let asks: [Any?] = [
      pool.device.first, pool.pool, reference, candidate, runs, mostRuns, iterations, output,
      flow.design, measure.first, memory.baseline, tiers.tier, lanes,
    ]
    guard
      isNamed
        || (asks.allSatisfy({ $0 == nil }) && !aa && !mixing.allowMixed && !flow.force)
    else {
      throw ValidationError(
        "--resume continues the check as it was begun: of its options give --time-budget alone")
    }
  }

  func run() async throws {
    let bench = try Workbench(common)
    var begun: CheckDirectory.Begun?
    try results.requirePlaces()
    var setup: CheckSetup
    let directory: CheckDirectory
    if let resumed = flow.resume {
      directory = CheckDirectory(path: resumed)
      let known = try directory.resume()
      setup = known.setup
      begun = known
    } else {
      setup = try newSetup(bench)
      let path = output ?? ResultPlace.newDirectory(setup.suite)
      if setup.partner == nil, let pool = try pool.pool(bench.catalog) {
        return try await PoolRun(
          command: "check", suite: setup.suite, pool: pool, bench: bench, directory: path
        ).run(results.printing.format.name, reports: results.files)
      }
      directory = CheckDirectory(path: path)
    }
    if let baseline = memory.baseline { setup.baseline = baseline }
    var plan = try setup.plan(bench, safety: try await safety.open())
    plan.reconnect = devices.reconnect
    plan.wait = devices.wait
    let target = try await setup.target(plan, bench, directory, wait: devices.wait)
    defer { target.release() }
    setup.lanes = target.lanes.count
    try await setup.measure(&plan, on: target, bench)
    var experiment = try await CheckExperiment(
      setup, plan: plan, target: target, bench: bench, directory: directory,
      bugReport: failures.bugReport)
    try experiment.recall(allowsUnqualified: memory.unqualified)
    if let begun { experiment.profile = begun.profile }
    do {
      try await measure(experiment, begun?.made ?? [], bench)
    } catch let error as CancellationError {
      if FileManager.default.fileExists(atPath: directory.runs) {
        common.console.note(
          "finished runs are kept; continue with: latgate check --resume \(directory.path)")
      }
      throw error
    }
  }

  /// Plans, reports the plan, makes the runs and reports what they show.
  private func measure(
    _ prepared: CheckExperiment, _ kept: [RunRecord], _ bench: Workbench
  ) async throws {
    let begun = ContinuousClock.now
    var experiment = prepared
    var made = kept
    let given = flow.timeBudget?.duration
    func left() -> Duration? { given.map { $0 - (ContinuousClock.now - begun) } }
    if given != nil, !experiment.knowsCost, made.isEmpty, !flow.plan {
      common.console.note("how long a run takes is known after the first")
      try experiment.begin()
      made = try await experiment.run(experiment.setup.design.first).records
    }
    let isOpen = flow.resume == nil && iterations == nil && experiment.plan.suite.choosesIterations
    let choice = isOpen ? experiment.chooseIterations() : nil
    var plan = experiment.planned(experiment.setup.design, made: made)
    if let given, flow.resume == nil {
      plan = try experiment.fitting(given, made: made, allowsBlind: flow.force)
    }
    experiment.setup.runs = plan.design.runs
    experiment.setup.mostRuns = plan.design.mostRuns
    let forecast = PlanReport(
      plan, iterations: choice, events: experiment.expectedEvents(made: made)
    )
    .text(width: flow.plan ? common.console.width : common.console.progressWidth)
    if flow.plan { return common.console.print(forecast) }
    try experiment.begin()
    common.console.note(String(forecast.dropLast()))
    let outcome = try await experiment.run(plan.design, made: made, limit: left())
    var verdict = outcome.verdict
    if let left = outcome.runsLeft { verdict.cut(runsLeft: left) }
    var why: [Attribution] = []
    if flow.explain, verdict.outcome == .regression {
      if let left = left(), left < experiment.time(of: plan.design) {
        common.console.note("no time is left to explain it: give more, or none (--time-budget)")
      } else {
        why = try await Explanation(check: experiment, bench: bench).make(verdict, limit: left())
      }
    }
    let traces = try await traces(verdict, experiment, left: left())
    try finish(verdict, outcome.records, why, traces, experiment, bench.catalog)
  }

  /// A trace that is not had costs no verdict.
  private func traces(
    _ verdict: Verdict, _ experiment: CheckExperiment, left: Duration?
  ) async throws -> [VerdictReport.Trace] {
    guard flow.traces, verdict.outcome == .regression else { return [] }
    if let left, left < experiment.time(of: experiment.setup.design.first) { return [] }
    do {
      return try await RegressionTraces(check: experiment).make(verdict)
    } catch let error as CancellationError {
      throw error
    } catch {
      common.console.note("no traces: \(error)")
      return []
    }
  }

  private func finish(
    _ verdict: Verdict, _ records: [RunRecord], _ why: [Attribution],
    _ traces: [VerdictReport.Trace], _ experiment: CheckExperiment, _ catalog: Catalog
  ) throws {
    let console = common.console
    let input = experiment.input(records)
    var report = VerdictReport(verdict, of: input, titles: catalog.metricTitles)
    report.why = why.map(\.sentence)
    report.traces = traces.isEmpty ? nil : traces
    report.benchStanding = experiment.memory.calibration.map(benchSentence)
    // A verdict stands and is shown, even when its files are lost.
    let kept = Result { try experiment.keep(records, verdict, report) }
    experiment.remember(records, verdict, input)
    let shown = Result { try results.show(report, console, showsAll: all) }
    if results.isUsual {
      if !why.isEmpty { console.print(report.explained(why, width: console.width)) }
      if case .success = kept {
        console.note(
          "records, verdict.json and reports (report.html): \(experiment.directory.path)")
      }
    } else {
      for one in why { console.note("why: \(one.sentence)") }
    }
    for trace in traces {
      console.note("trace of \(trace.sentence): \(experiment.directory.path)/\(trace.file)")
    }
    if case .failure(let error) = shown {
      // A failed check keeps its own exit code; a pass whose reports are lost is no pass.
      if verdict.exitCode == 0 { throw error }
      console.error("the verdict stands, but a report is lost: \(error)")
    }
    if case .failure(let error) = kept {
      console.error("the verdict stands, but its files are lost: \(error)")
    }
    if verdict.exitCode != 0 { throw ExitCode(verdict.exitCode) }
  }

  private func newSetup(_ bench: Workbench) throws -> CheckSetup {
    let definition = try bench.catalog.suite(suite ?? "")
    guard let standard = reference ?? definition.reference else {
      throw RunError.noFirmware(suite: definition.name, arm: "reference")
    }
    guard let tested = candidate ?? definition.candidate else {
      throw RunError.noFirmware(suite: definition.name, arm: "candidate")
    }
    // What a suite says of its own pair says nothing of another one.
    let isOwnPair =
      standard == definition.reference && tested == definition.candidate
    let device = pool.device.first ?? definition.device
    let planned = runs ?? definition.runs.planned
    let isPair = flow.design == .crossover && pool.device.count == 2
    var setup = CheckSetup(
      id: UUID().uuidString.lowercased(), suite: definition.name, device: device,
      partner: isPair ? pool.device[1] : nil,
      reference: standard, candidate: tested,
      aa: aa || (isOwnPair && definition.isAA),
      iterations: iterations ?? definition.iterations,
      layout: memory.baseline != nil
        ? .stored : try flow.design ?? .usual(for: device, of: definition, in: bench.catalog),
      runs: planned,
      mostRuns: mostRuns
        ?? (runs == nil ? definition.runs.most : SuiteDefinition.Runs.usualMost(planned: planned)),
      lanes: lanes ?? 2, tier: tiers.tier,
      allowsMixed: mixing.allowMixed)
    setup.measures = measure.isEmpty ? nil : measure
    return setup
  }
}
