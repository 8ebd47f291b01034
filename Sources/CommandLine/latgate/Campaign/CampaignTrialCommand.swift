import ArgumentParser
import Foundation
import Jobs

struct CampaignTrialCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trial",
    abstract: "See a campaign from its keys to its verdict on this machine, in minutes.",
    discussion: """
      Boots two virtual devices, the control and the canary, which run the field agent as a service; \
      starts a collector with certificates of its own on loopback; makes, signs and publishes a \
      campaign. The devices take it, measure and report. The judge then decides about two firmwares \
      in turn: one whose disk does half of the operations, which it has to stop, and one that is \
      unchanged, which it has to promote. At the end of each the campaign is revoked.

        latgate campaign trial
        latgate campaign trial --firmware slow --out trial --stay

      The judge's own rules hold: 200 devices in each arm, four days. What further devices would have \
      sent in a week is drawn from the windows that the two have measured; each sends it with a \
      certificate of its own, from the spool of a field agent on this machine.

      Needs latgate-collector, built with the trait Collector, beside this program or in PATH.

      Exit codes: 0 the judge said of each firmware what it had to, 3 it did not.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "Directory that keeps everything: repository, keys, reports, verdicts, consoles.",
      discussion: "Default: latgate-trial-<time> in this directory.", valueName: "directory"))
  var out: String?

  @Option(help: "Only this firmware: slow or unchanged; may be repeated.")
  var firmware: [TrialFirmware] = []

  @Option(help: "Windows that each of the two devices measures.")
  var windows = 12

  @Option(help: "Devices of both arms together.")
  var devices = 520

  @Option(help: ArgumentHelp("The collector's program.", valueName: "file"))
  var collector: String?

  @Flag(help: "Leave the collector running at the end, to look at its dashboard, until ctrl-C.")
  var stay = false

  func validate() throws {
    guard (1...100).contains(windows) else { throw ValidationError("--windows is 1 to 100") }
    guard (520...1000).contains(devices) else {
      throw ValidationError(
        "--devices is 520 to 1000: a verdict takes 200 in each arm, and of fewer devices one arm "
          + "draws less than that now and then")
    }
    guard Set(firmware).count == firmware.count else {
      throw ValidationError("name each --firmware once")
    }
  }

  func run() async throws {
    let bench = try Workbench(common)
    let console = common.console
    let trial = CampaignTrial(
      CampaignTrial.Settings(
        directory: out ?? "latgate-trial-\(timestamp())",
        firmwares: firmware.isEmpty ? TrialFirmware.allCases : firmware, windows: windows,
        devices: devices, collector: collector), bench: bench)
    let outcomes = try await trial.run { dashboard in
      guard stay else { return }
      console.print("dashboard: \(dashboard)")
      console.note("ctrl-C ends the trial")
      do { try await Task.sleep(for: .seconds(30 * 86400)) } catch is CancellationError {}
    }
    for outcome in outcomes {
      let said = outcome.report.verdict.outcome.rawValue
      console.print(
        "\(outcome.firmware.rawValue): \(said)"
          + (outcome.isExpected ? "" : ", and '\(outcome.firmware.expected.rawValue)' was to be")
          + "; stopped within \(outcome.secondsToStop) s of the revocation")
    }
    console.note(
      "To look at it again: latgate-collector serve --trial --devices 0 --data "
        + trial.collectorDirectory)
    if !outcomes.allSatisfy(\.isExpected) { throw ExitStatus.gateFailed.code }
  }
}

extension TrialFirmware: ExpressibleByArgument {}
