import ArgumentParser
import Catalogs
import Foundation
import Jobs
import Reporting

struct ProbesTry: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "try",
    abstract:
      "Build a probe of a file, load it and show what it gives; again whenever it is saved.",
    discussion: """
      The file is a manifest (NAME.yaml) or a program (NAME.bpf.c), whose manifest lies beside it. \
      Without one the maps' names say what there is, and labels have no names. Nothing is installed.

        latgate probes try mine.yaml
        latgate probes try mine.bpf.c --device demo --for 2s --watch

      What the compiler says is shown as it is. Of what the verifier says, the line that matters is \
      shown beside the line of the source; --log shows more of it.

      Exit codes: 65 the file is wrong, 3 the device does not take the probe.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Manifest or program.", completion: .file())
  var file: String

  @Option(help: "Where; default: this machine.", completion: .devices)
  var device = "local"

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("How long it measures; default: 5s.", valueName: "time"))
  var span: TimeSpan?

  @Flag(help: "Go on until interrupted: again when the file, or one beside it, is saved.")
  var watch = false

  @Flag(help: "Show the end of the verifier's log as it is.")
  var log = false

  @OptionGroup var scope: RunScopeOptions

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var devices: DeviceOptions

  @Flag(help: "Draw every histogram, not only those with the most events.")
  var all = false

  @OptionGroup var report: ReportOptions<RunReport>

  /// How often files are looked at.
  private static let pace = Duration.milliseconds(150)

  func validate() throws {
    if let span, span.duration > .seconds(3600) { throw ValidationError("--for takes up to 1h") }
  }

  func run() async throws {
    let console = common.console
    let trial = try ProbeTrial(file)
    let bench = try Workbench(common, asking: device)
    try report.requirePlaces()
    guard watch else { return try await once(trial, bench) }
    while true {
      let stamps = trial.stamps
      do {
        try await once(trial, bench)
      } catch let error as CancellationError {
        throw error
      } catch  where !(error is ExitCode) {
        console.error(ErrorMessage.rendered(ErrorReport(error).messages, console.errorStyle))
      } catch {
        // What it means is in the report.
      }
      console.note("waiting until \(file) is saved; interrupt to end")
      while trial.stamps == stamps { try await Task.sleep(for: Self.pace) }
    }
  }

  private func once(_ trial: ProbeTrial, _ bench: Workbench) async throws {
    var plan = Plan(
      measuringFor: span?.duration ?? .seconds(5), on: device, scope: scope.scope,
      safety: try await safety.open())
    // What is tried is the program.
    plan.tier = .t2
    plan.wait = devices.wait
    plan.reconnect = .zero
    var run = SingleRun(console: common.console, bench: bench, plan: plan, device: device)
    run.wait = devices.wait
    run.keepsReports = false
    run.isLook = true
    run.asksBench = false
    let tried = Tried()
    run.prepare = { device, identity, plan in
      let probe = try await trial.probe(
        abi: try Plan.abi(identity, device: device.name), bench)
      tried.probe = probe
      try plan.add(probe)
    }
    do {
      try await run.run { try report.show($0, common.console, showsAll: all) }
    } catch {
      let explained = trial.explained(error, of: tried.probe)
      if log, let refusal = explained as? VerifierError { common.console.note(refusal.log) }
      throw explained
    }
  }

  /// What was read of the file, for what is said of it later.
  private final class Tried {
    var probe: ProbeManifest?
  }
}
