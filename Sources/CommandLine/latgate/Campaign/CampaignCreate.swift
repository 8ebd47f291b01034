import ArgumentParser
import CampaignFiles
import Campaigns
import Catalogs
import Foundation
import Jobs
import ProbeBuild
import RunRecords

struct CampaignCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Write a campaign, to be looked at and signed.",
    discussion: """
      Builds the probes and writes a directory with the manifest and a bundle per ABI. Nothing in it is \
      secret, and nothing runs anywhere before it is signed and published.

        latgate campaign create disk-1 --probe fsync --canary 2% --out draft
        latgate campaign create disk-2 --probe block --probe fsync --model pixel-8 \\
          --builds AP2A.240805..AP2A.241005 --every 6h --window 5m --out draft

      On Android user builds nobody may load programs: a campaign there chooses among the probes \
      that the firmware pinned (--tier T1) or measures by trace events (--tier T0), both as data.

      A device measures in one window per --every, of --window length, and sends a report. It stops \
      when a budget is exceeded and says so. --lease is how long it goes on after its last poll: \
      what a revoke takes at most.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Id: lower-case letters, digits and '-'.")
  var id: String

  @Option(help: "Probe; may be repeated.", completion: .probes)
  var probe: [String]

  @Option(help: ArgumentHelp("Directory to write.", valueName: "directory"))
  var out: String

  @Option(help: "Way into the kernel: T2 loads programs, T1 uses pinned ones, T0 trace events.")
  var tier: Tier = .t2

  @Option(help: "ABI to build for; may be repeated. Default: arm64.")
  var abi: [TargetABI] = []

  @Option(help: "Share of all devices that keep their firmware and measure.")
  var control = Share(fraction: 0.02)

  @Option(help: "Share of all devices that are offered the new firmware and measure.")
  var canary = Share(fraction: 0.02)

  @Option(help: "Only this model; may be repeated.")
  var model: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only builds in this range, both ends included; may be repeated.",
      discussion: "Digits count as numbers: A9 is before A10. An end may be left out.",
      valueName: "from..to"))
  var builds: [BuildRange] = []

  @Option(name: .customLong("for"), help: "How long a device takes part.")
  var length = TimeSpan(.seconds(14 * 86400))

  @Option(help: "How often it measures.")
  var every = TimeSpan(.seconds(86400))

  @Option(help: "How long at a time.")
  var window = TimeSpan(.seconds(600))

  @Option(help: "How long it goes on after its last poll.")
  var lease = TimeSpan(.seconds(2 * 3600))

  @Option(help: "How long from now on devices may take it.")
  var open = TimeSpan(.seconds(60 * 86400))

  @Option(help: "Share of one CPU that probes and agent may take inside windows.")
  var cpu = Share(fraction: 0.01)

  @Option(
    help: ArgumentHelp(
      "Memory of maps and agent, in KiB. Default: 65536 where programs are loaded (T2), else 16384.",
      discussion: "Loading programs takes 13000. A device gives at most 65536."))
  var memory: Int?

  @Option(help: "Reports a day, in KiB.")
  var upload = 64

  @Option(help: "Charge below which nothing is measured unless the device is charging.")
  var battery = Share(fraction: 0.3)

  @Flag(help: "Have reports keep labels apart, such as the file system. Default: they are summed.")
  var keys = false

  func validate() throws {
    guard CampaignManifest.isID(id) else {
      throw ValidationError("'\(id)' is no id: 1 to 63 of a-z, 0-9 and '-'")
    }
    guard !probe.isEmpty else { throw ValidationError("name a --probe") }
    for share in [control, canary] {
      guard share.fraction > 0, share.fraction <= 0.5 else {
        throw ValidationError("--control and --canary must be above 0% and at most 50%")
      }
    }
    // Beyond what an integer holds, they would trap.
    for share in [cpu, battery] where !(0...1).contains(share.fraction) {
      throw ValidationError("--cpu and --battery must be 0% to 100%")
    }
  }

  func run() async throws {
    let bench = try Workbench(common)
    try ResultPlace.requireDirectory(out)
    let draft = CampaignDraft(
      manifest: manifest(now: MetadataTime(Date())), probes: try bench.probes(named: probe),
      tier: tier, abis: abi.isEmpty ? [.arm64] : abi)
    let made = try await draft.write(to: DraftDirectory(path: out), bench: bench)
    for (abi, bundle) in made.bundles.sorted(by: { $0.key < $1.key }) {
      common.console.print("\(abi): bundle of \(bundle.length) bytes")
    }
    common.console.print(
      "campaign \(made.id): \(made.metrics.count) metrics, \(made.bytes.count) bytes of manifest")
    common.console.note(
      "look at \(out)/campaign.json, then: latgate campaign sign \(out) --repository …")
  }

  /// Maps of a prepared program take 35 MiB on 8 CPUs; those that firmware pinned are not counted.
  private var ownMemory: Int { tier == .t2 ? 65536 : 16384 }

  private func manifest(now: MetadataTime) -> CampaignManifest {
    let outcomes = Double(DeviceDraw.outcomes)
    let edge = max(1, Int((control.fraction * outcomes).rounded()))
    let end = edge + max(1, Int((canary.fraction * outcomes).rounded()))
    func seconds(_ span: TimeSpan) -> Int64 { span.duration.components.seconds }
    return CampaignManifest(
      id: id, metrics: [],
      schedule: CampaignSchedule(
        starts: now, ends: now.adding(seconds: seconds(open)), duration: seconds(length),
        every: seconds(every), window: seconds(window), lease: seconds(lease)),
      budgets: CampaignBudgets(
        cpu: Int64((cpu.fraction * 1e6).rounded()), memory: Int64(memory ?? ownMemory) << 10,
        uploadPerDay: Int64(upload) << 10, batteryFloor: Int64((battery.fraction * 100).rounded())),
      targeting: CampaignTargeting(models: model, builds: builds),
      arms: [
        CampaignArm(name: "control", from: 0, to: edge),
        CampaignArm(name: "canary", from: edge, to: min(end, DeviceDraw.outcomes)),
      ],
      salt: (0..<32).map { _ in UInt8.random(in: 0...255) }, privacy: CampaignPrivacy(keys: keys),
      bundles: [:])
  }
}

extension BuildRange: ExpressibleByArgument {
  /// Reads `A..B`, `A..` or `..B`.
  public init?(argument: String) {
    guard let dots = argument.firstRange(of: "..") else { return nil }
    self.init(
      from: String(argument[..<dots.lowerBound]), to: String(argument[dots.upperBound...]))
  }
}
