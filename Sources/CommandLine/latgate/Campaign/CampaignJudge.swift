import ArgumentParser
import CampaignFiles
import Campaigns
import FleetAnalysis
import Foundation
import Jobs
import RegressionAnalysis
import Reporting

/// A campaign, in a repository or as a draft.
struct CampaignOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Argument(help: "Id of the campaign.")
  var campaign: String

  @Option(
    help: ArgumentHelp("Directory of the repository.", valueName: "directory"),
    completion: .directory)
  var repository: String

  /// Its manifest, verified as a device does; one that was revoked is still looked at.
  func manifest() throws -> CampaignManifest {
    try RepositoryDirectory(path: repository)
      .collectedManifest(campaign, now: MetadataTime(Date()))
  }

  /// A file's bytes, or standard input's for `-`.
  static func read(_ path: String) throws -> Data {
    if path == "-" { return try FileHandle.standardInput.readToEnd() ?? Data() }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CampaignFileError("cannot be read", path: path, remedy: "check the path")
    }
    return data
  }
}

struct CampaignArms: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "arms",
    abstract: "Say which arm of a campaign devices are in.",
    discussion: """
      Reads names of devices (the common names of their certificates), one a line, and writes each \
      with its arm, or '-' for one that takes no part. A roll-out manager makes its groups of this, \
      so that the firmware is offered to exactly those who were drawn for it.

        latgate campaign arms disk-1 --repository repo --devices all-devices.txt
        latgate campaign arms disk-1 --repository repo --devices all.txt --arm canary
      """)

  @OptionGroup var options: CampaignOptions

  @Option(help: ArgumentHelp("Names, one a line; '-' reads standard input.", valueName: "file"))
  var devices = "-"

  @Option(help: "Only names of this arm, without the arm.")
  var arm: String?

  func run() async throws {
    let manifest = try options.manifest()
    if let arm, !manifest.arms.contains(where: { $0.name == arm }) {
      throw ValidationError(
        "there is no arm '\(arm)': \(manifest.arms.map(\.name).joined(separator: ", "))")
    }
    let names = String(decoding: try CampaignOptions.read(devices), as: UTF8.self)
      .split(whereSeparator: \.isNewline).map(String.init)
    let lines = names.compactMap { name -> String? in
      let drawn = manifest.arm(of: name)?.name
      guard let arm else { return "\(name) \(drawn ?? "-")\n" }
      return drawn == arm ? "\(name)\n" : nil
    }
    options.common.console.print(lines.joined())
  }
}

struct CampaignJudge: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "judge",
    abstract: "Decide whether a firmware may go to more devices.",
    discussion: """
      Compares an arm with the control. Devices are the units; each is compared with itself before \
      the offer where it reported then. It may be asked as often as you like, every hour if you \
      want: at most 1 of 100 campaigns with an unchanged firmware is ever stopped.

        latgate campaign judge disk-1 --repository repo --index fleet/index.sqlite \\
          --build AP2A.241005 --offered 2030-01-31T12:00:00Z
        latgate-collector export --campaign disk-1 | \\
          latgate campaign judge disk-1 --repository repo --build AP2A.241005 \\
          --offered 2030-01-31T12:00:00Z

      A worsening stops at once. A promotion takes 48 h, and more than --silence; 200 devices per \
      arm; and for the p50 and p90 of every metric a bound below its budget, also if the devices \
      that have fallen silent are the slowest. With 1,000 devices per arm a p90 that is 10% slower \
      is found within two days; to promote takes some 5,000 per arm, or fewer where few devices are \
      silent.

      Exit codes: 0 promote, 1 stop, 2 go on: nothing is shown yet, 3 a guard failed: the arms \
      cannot be compared.
      """)

  @OptionGroup var options: CampaignOptions

  @Option(
    help: ArgumentHelp(
      "Reports as 'latgate-collector export' writes them; '-' reads standard input.",
      valueName: "file"))
  var reports = "-"

  @Option(
    help: ArgumentHelp(
      "The collector's index in place of --reports: its file, or clickhouse://HOST:PORT/DATABASE.",
      valueName: "place"))
  var index: String?

  @Option(help: "Arm that the firmware was offered to.")
  var arm = "canary"

  @Option(help: "Build under test.")
  var build: String

  @Option(
    help: ArgumentHelp(
      "When it was first offered, such as 2030-01-31T12:00:00Z.", valueName: "time"),
    transform: Self.time)
  var offered: MetadataTime

  @Option(
    help: ArgumentHelp(
      "Judge as of this time. Default: now.", valueName: "time"), transform: Self.time)
  var asOf: MetadataTime?

  @Option(help: "How long a device may send nothing before it counts as lost.")
  var silence = TimeSpan(.seconds(72 * 3600))

  @Option(help: "Devices per arm that a decision takes at least.")
  var leastDevices = 200

  @Option(help: "Hours since the offer that a promotion takes at least.")
  var leastHours = 48

  @Option(
    help: ArgumentHelp(
      "Keep the verdict in this directory, such as 'verdicts' in the collector's, where its dashboard looks.",
      valueName: "directory"))
  var keep: String?

  @OptionGroup var output: FormatOptions<CampaignReport>

  func validate() throws {
    guard leastDevices >= 64 else {
      throw ValidationError("--least-devices must be 64 or more: devices are judged in 64 groups")
    }
    guard index == nil || reports == "-" else {
      throw ValidationError("give --reports or --index, not both")
    }
    guard leastHours >= 0 else { throw ValidationError("--least-hours must not be below 0") }
  }

  private static func time(_ text: String) throws -> MetadataTime {
    guard let time = MetadataTime(text) else {
      throw ValidationError("'\(text)' is no time such as 2030-01-31T12:00:00Z")
    }
    return time
  }

  func run() async throws {
    var judging = CampaignJudging(
      manifest: try options.manifest(), candidate: arm, build: build, offered: offered,
      now: asOf ?? MetadataTime(Date()), silence: Int(silence.duration.components.seconds / 3600))
    judging.policy.leastDevices = leastDevices
    judging.policy.leastHours = leastHours
    let source: CampaignJudging.Source =
      if let index {
        .index(try CollectedReports(place: index))
      } else {
        .lines(try CampaignOptions.read(reports), file: reports)
      }
    let (report, notes) = try judging.report(of: source)
    for note in notes { options.common.console.note(note) }
    var fault: (any Error)?
    do {
      if let keep { try KeptVerdicts(directory: keep).keep(report) }
    } catch {
      fault = error
    }
    try output.print(report, options.common.console)
    let status = ExitStatus(report.verdict.outcome)
    if let fault {
      // A stop stands whatever becomes of its file.
      guard status != .pass else { throw fault }
      options.common.console.error("the verdict stands, but it is not kept: \(fault)")
    }
    if status != .pass { throw status.code }
  }
}
