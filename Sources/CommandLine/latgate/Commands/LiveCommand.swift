import ArgumentParser
import Catalogs
import Experiments
import Foundation
import Jobs
import RecordStore
import Reporting
import RunRecords

struct LiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "live",
    abstract: "Watch a device's latencies on a screen of the terminal, as they happen.",
    discussion: """
      Of each metric: events per second, p50, p90 and p99 of the last 10 s, what was lost, and how \
      the device measures it. Of the chosen one: its distribution, with the reference as a shadow \
      behind it, and a picture of it over time. The reference is a stored run, or the first minute.

        latgate live --probe block --probe fsync
        latgate live --device demo --probe runqueue --reference latgate-results/night
        latgate live --measure 'softirq_entry ~ softirq_exit by cpu,vec label vec'
        latgate live --device 10.0.0.7:5555 --probe binder --interval 1s --for 10m

      Keys: up and down choose a metric, s sorts, f freezes, a shows all time, r makes the present \
      the reference, m sets a mark, w saves a record of what was measured, p records 5 s with the \
      device's perfetto, ? helps, q quits. Records go to --output; they are marked as looks, which no \
      verdict takes as evidence.

      Without a terminal use 'latgate run --probe P --for T' or 'latgate measure'. Exit codes: 64 \
      no terminal or wrong options, 3 the device has none of the probes, 69 it went away, 130 ctrl-C.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: "Where; default: this machine.", completion: .devices)
  var device = "local"

  @Option(
    help: "Probe to watch; may be repeated. 'latgate probes' lists them.", completion: .probes)
  var probe: [String] = []

  @Option(
    help: ArgumentHelp(
      "A line to watch, as 'latgate measure' takes it; besides probes.", valueName: "line"))
  var measure: String?

  @Option(
    help: ArgumentHelp(
      "Time between two looks, from 100ms to 10s; default: 500ms.", valueName: "time"))
  var interval: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "What the present is held against: a record file, a directory of them, or a stored run's id.",
      discussion: "Default: the first minute.", valueName: "run"), completion: .file())
  var reference: String?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "End after this long; default: what the line says, or at q.", valueName: "time"))
  var span: TimeSpan?

  @OptionGroup var scope: RunScopeOptions

  @OptionGroup var tiers: TierOptions

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var sharing: WaitOptions

  @Option(
    help: "Directory for records and traces that keys save. Default: latgate-results/live-TIME.",
    completion: .directory)
  var output: String?

  func validate() throws {
    guard !probe.isEmpty || measure != nil else {
      throw ValidationError(
        "name what is to be watched: --probe NAME ('latgate probes' lists them), or --measure LINE")
    }
    if let interval, interval.duration < .milliseconds(100) || interval.duration > .seconds(10) {
      throw ValidationError("--interval takes 100ms to 10s")
    }
  }

  func run() async throws {
    guard LiveTerminal.isThere else {
      throw ValidationError(
        "a screen needs a terminal on standard input and output; without one use "
          + "'latgate run --probe P --for 10s' or 'latgate measure LINE'")
    }
    let console = common.console
    let bench = try Workbench(common)
    let safety = try await safety.open()
    let reference = try reference.map { try Self.reference($0, in: safety.store) }
    let directory = output ?? "latgate-results/live-\(timestamp())"
    try ResultPlace.requireDirectory(directory)
    let line = try measure.map { try Measurement($0) }
    var plan = try Plan(
      bench: bench, observing: probe, for: .seconds(1), on: device, scope: scope.scope,
      safety: safety)
    plan.watch()
    plan.tier = tiers.tier
    plan.wait = sharing.wait
    // The screen says that the device is gone; what it showed is of no use afterwards.
    plan.reconnect = .zero
    let display = RunDisplay(console: console, runs: 1)
    let feed = LiveFeed(
      interval: interval?.duration ?? .milliseconds(500), limit: span?.duration ?? line?.time,
      directory: directory
    ) { display.silence() }
    var run = SingleRun(console: console, bench: bench, plan: plan, device: device)
    run.wait = plan.wait
    run.keepsReports = false
    run.isLook = true
    run.asksBench = false
    run.live = feed
    if let line {
      run.prepare = { device, identity, plan in
        try plan.add(
          try await line.probe(on: device, identity: identity) {
            try await bench.systemCalls(abi: try Plan.abi(identity, device: device.name))
          })
      }
    }
    defer {
      for file in feed.files { console.note("saved: \(file)") }
    }
    try await watch(run, on: display, feed, reference)
  }

  /// Makes the run beside the screen that shows it; the terminal is as before when this ends.
  private func watch(
    _ run: SingleRun, on display: RunDisplay, _ feed: LiveFeed, _ reference: LiveReference?
  ) async throws {
    let screen = LiveScreen(feed: feed, reference: reference, console: common.console)
    async let shown: Void = screen.run()
    do {
      try await run.run(on: display) { _ in }
    } catch {
      feed.end(error)
      await shown
      throw error
    }
    feed.end(nil)
    await shown
  }

  /// Records of a file or a directory as one reference, or a run of the store by the beginning of
  /// its id.
  private static func reference(_ name: String, in store: Store) throws -> LiveReference {
    if !FileManager.default.fileExists(atPath: name), !name.contains("/") {
      let found = try store.runs(beginning: name)
      guard let run = found.first, found.count == 1 else {
        throw ValidationError(
          found.isEmpty
            ? "--reference \(name): there is no such file, and no run of the store whose id begins so; "
              + "'latgate runs' lists them"
            : "--reference \(name): \(found.count) runs of the store begin so; write more of the id"
        )
      }
      return LiveReference([try store.document(of: run).record], name: "run \(run.id.prefix(8))")
    }
    let records = try RecordFiles.read([name])
    guard !records.isEmpty else {
      throw ValidationError("--reference \(name): there is no run record in this directory")
    }
    return LiveReference(records, name: URL(fileURLWithPath: name).lastPathComponent)
  }
}
