import ArgumentParser
import Catalogs
import Devices
import Experiments
import Foundation
import Jobs
import Reporting

struct MeasureCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measure what a line asks: the time between two events, or what an event says.",
    discussion: """
      Without a compiler, on this machine or on a device. Events and fields are those of the \
      device's kernel, and are checked before anything is loaded.

        latgate measure 'block_rq_issue ~ block_rq_complete by dev,sector label rwbs'
        latgate measure 'softirq_entry ~ softirq_exit by cpu,vec label vec' --for 5s
        latgate measure 'sched:sched_wakeup ~ sched:sched_switch by pid=next_pid'
        latgate measure vfs_fsync_range --device demo
        latgate measure /usr/bin/app:main.handle
        latgate measure 'count usdt:/usr/bin/app:server:request by arg0'
        latgate measure 'count block_rq_issue by rwbs'
        latgate measure 'hist block_rq_issue.bytes by comm where dev == 254:0'
        latgate measure 'events sched_process_exec print filename,pid'
        latgate measure 'stack sched_switch where prev_state == 2'
        latgate measure --from block:block_rq_issue --to block:block_rq_complete \\
            --by dev,sector --label rwbs --where 'nr_sector > 8'

      A line is START ~ END, or a function of the kernel or of a program (PATH:SYMBOL), and then: 'by' fields that tie an end to its start \
      (tid: the running thread; cpu; FIELD=FIELD where they differ), 'label' fields that get \
      histograms of their own, 'where' conditions joined by 'and', 'for' a time. Conditions are \
      asked at the start where it has the field. Of single events a line is 'count EVENT', \
      'sum EVENT.FIELD', 'hist EVENT.FIELD' (the distribution of a value), 'events EVENT' (rows; \
      'print' names the columns) or 'stack EVENT' ('kstack', 'ustack': of one side), and 'by' is \
      what they are kept apart by. docs/measure.md has lines beside those of bpftrace.

      Exit codes: 64 the line is wrong, 3 the device cannot measure it or lost events.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The line.")
  var line: String?

  @OptionGroup var parts: MeasureParts

  @Option(
    help: ArgumentHelp(
      "How returns of a program's function are seen: auto, uretprobe (the kernel writes over the "
        + "return address), ret-sites (breakpoints where it returns; auto for Go).",
      valueName: "way"))
  var returns = SpanEvent.Returns.auto

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("How long; default: 10s, or what the line says.", valueName: "time"))
  var span: TimeSpan?

  @Option(help: "Where; default: this machine.", completion: .devices)
  var device = "local"

  @OptionGroup var scope: RunScopeOptions

  @OptionGroup var tiers: TierOptions

  @Option(
    help: ArgumentHelp(
      "Write the probe into the user's directory under this name, for suites and 'run --probe'.",
      valueName: "name"))
  var save: String?

  @Option(
    help: ArgumentHelp(
      "Show the device's events whose name has this, or the fields of one, or with usdt:PATH a "
        + "file's USDT probes, and measure nothing.",
      valueName: "word"))
  var list: String?

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var devices: DeviceOptions

  @Option(help: "Directory for the run record. Default: none is kept.", completion: .directory)
  var output: String?

  @Flag(help: "Draw every histogram, not only those with the most events.")
  var all = false

  @OptionGroup var report: ReportOptions<RunReport>

  func validate() throws {
    guard list == nil else { return try requireNoQuestion() }
    switch (line, parts.line) {
    case (nil, nil):
      throw ValidationError(
        "give a line, such as 'block:block_rq_issue ~ block:block_rq_complete by dev,sector'")
    case (.some, .some): throw ValidationError("give a line, or --from and its like, not both")
    default: break
    }
    if let span, span.duration > MeasureLine.mostTime {
      throw ValidationError("--for takes up to 1h")
    }
  }

  /// What would be ignored beside --list.
  private func requireNoQuestion() throws {
    let asks: [Any?] = [line, parts.line, span, save, output, scope.scope, tiers.tier]
    guard asks.allSatisfy({ $0 == nil }), returns == .auto, !all, report.isUsual,
      report.files.isEmpty
    else {
      throw ValidationError(
        "--list measures nothing: it goes with --device, and without a line and its options")
    }
  }

  func run() async throws {
    let console = common.console
    // A name that is kept must be free among all probes.
    let bench = try save == nil ? Workbench(common, asking: device) : Workbench(common)
    if let list { return try await show(list, bench) }
    if let output { try ResultPlace.requireDirectory(output) }
    try report.requirePlaces()
    if let save { try SavedProbe.requireFree(save, in: bench.catalog) }
    let measurement = try Measurement(
      line ?? parts.line ?? "", name: save ?? MeasureQuestion.usualName, returns: returns)
    let time = span?.duration ?? measurement.time ?? .seconds(10)
    var plan = Plan(
      measuringFor: time, on: device, scope: scope.scope, safety: try await safety.open())
    plan.tier = tiers.tier
    plan.wait = devices.wait
    // The number is another process's after a restart.
    plan.reconnect = scope.pid == nil ? devices.reconnect : .zero
    var run = SingleRun(console: console, bench: bench, plan: plan, device: device)
    run.output = output
    run.wait = devices.wait
    // Nothing of the device is suspect: a question was asked.
    run.keepsReports = false
    run.isLook = true
    run.asksBench = false
    run.prepare = { device, identity, plan in
      let probe = try await measurement.probe(on: device, identity: identity) {
        try await bench.systemCalls(abi: try Plan.abi(identity, device: device.name))
      }
      if save != nil { console.note("saved: \(try SavedProbe.write(probe))") }
      try plan.add(probe)
      plan.skipPreroll()
    }
    try await run.run { try report.show($0, console, showsAll: all) }
  }

  /// Events of the device, or the fields of one.
  private func show(_ word: String, _ bench: Workbench) async throws {
    let survey = EventSurvey(bench: bench, wait: devices.wait)
    common.console.print(try await survey.text(of: word, on: device))
  }
}

extension SpanEvent.Returns: ExpressibleByArgument {}

/// A line in parts.
struct MeasureParts: ParsableArguments {
  @Option(help: ArgumentHelp("The event that begins.", valueName: "event"), completion: .events)
  var from: String?

  @Option(help: ArgumentHelp("The event that ends.", valueName: "event"), completion: .events)
  var to: String?

  @Option(help: ArgumentHelp("The function, from its entry to its return.", valueName: "name"))
  var function: String?

  @Option(
    help: ArgumentHelp(
      "The function of a program or library, from its entry to its return.",
      valueName: "path:symbol"))
  var uprobe: String?

  @Option(
    help: ArgumentHelp(
      "Count a USDT probe of a program or library; with --to, the time from there.",
      valueName: "path:provider:name"))
  var usdt: String?

  @Option(
    help: ArgumentHelp("Count an event, or the calls of a function.", valueName: "event"),
    completion: .events)
  var count: String?

  @Option(
    help: ArgumentHelp("Add up a value of an event.", valueName: "event.field"), completion: .events
  )
  var sum: String?

  @Option(
    help: ArgumentHelp("The distribution of a value of an event.", valueName: "event.field"),
    completion: .events)
  var hist: String?

  @Option(
    help: ArgumentHelp("A row for each of an event.", valueName: "event"), completion: .events)
  var events: String?

  @Option(
    help: ArgumentHelp("Where in the code an event happens.", valueName: "event"),
    completion: .events)
  var stack: String?

  @Option(
    help: ArgumentHelp(
      "What ties an end to its start, such as dev,sector; of single events, as --label.",
      valueName: "fields"))
  var by: String?

  @Option(help: ArgumentHelp("The columns of --events, such as comm,pid.", valueName: "fields"))
  var print: String?

  @Option(help: ArgumentHelp("What gets histograms of its own, such as rwbs.", valueName: "fields"))
  var label: String?

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("What fields must be, such as 'nr_sector > 8'.", valueName: "condition"))
  var condition: String?

  /// What is asked of single events: the word of a line, and the event.
  private var single: [[String]] {
    [("count", count), ("sum", sum), ("hist", hist), ("events", events), ("stack", stack)]
      .compactMap { word, event in event.map { [word, $0] } }
  }

  /// The line that they say; nil without any of them.
  var line: String? {
    guard
      !single.isEmpty || from != nil || to != nil || function != nil || uprobe != nil || usdt != nil
        || by != nil || label != nil || print != nil || condition != nil
    else { return nil }
    let own =
      uprobe.map { [Self.quoted("uprobe:\($0)")] }
      ?? usdt.map { (to == nil ? ["count"] : []) + [Self.quoted("usdt:\($0)")] }
    var words = single.first ?? own ?? [function.map { "function \($0)" } ?? from ?? ""]
    if let to { words += ["~", to] }
    if let by { words += ["by", by] }
    if let label { words += ["label", label] }
    if let print { words += ["print", print] }
    if let condition { words += ["where", condition] }
    return words.joined(separator: " ")
  }

  /// Symbols of other languages have any characters.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || "_:/.*$@%-+".contains($0) }
    return isPlain ? text : text.contains("'") ? "\"\(text)\"" : "'\(text)'"
  }

  func validate() throws {
    if uprobe != nil, function != nil || from != nil || to != nil || !single.isEmpty {
      throw ValidationError("--uprobe goes without --from, --to, --function and their like")
    }
    if usdt != nil, function != nil || from != nil || uprobe != nil || !single.isEmpty {
      throw ValidationError(
        "--usdt goes without --from, --function, --uprobe, --count and their like: these take "
          + "usdt:PATH:PROVIDER:NAME")
    }
    if function != nil, from != nil || to != nil {
      throw ValidationError("--function goes without --from and --to")
    }
    guard single.count < 2 else {
      throw ValidationError("--\(single[0][0]) and --\(single[1][0]) are two questions: ask one")
    }
    if let one = single.first?[0], function != nil || from != nil || to != nil {
      throw ValidationError("--\(one) goes without --from, --to and --function")
    }
    if single.isEmpty, function == nil, uprobe == nil, usdt == nil, line != nil, from == nil {
      throw ValidationError(
        "--from is missing: name the event that begins, or give --function, --count or its like")
    }
  }
}
