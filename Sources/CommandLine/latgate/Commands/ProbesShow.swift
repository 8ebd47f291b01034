import ArgumentParser
import Catalogs
import Jobs
import ProbeBuild
import Reporting

struct ProbesShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what a probe answers, costs and gives, and what it attaches to.",
    discussion: """
      Labels of its metrics with their values, the hooks with their rungs, what leaves the device, and \
      which tiers reach it. With a device also how it would be attached there.

        latgate probes show runqueue
        latgate probes show fsync block --device demo
        latgate probes show --format markdown

      Without a name: all that come with latgate. Exits 3 when the device takes none of the probes.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Probes.", completion: .probes)
  var names: [String] = []

  @Option(help: "Try the probes on this device.", completion: .devices)
  var device: String?

  @OptionGroup var tiers: TierOptions

  @OptionGroup var safety: SafetyOptions

  @OptionGroup var output: FormatOptions<ProbeCards>

  func validate() throws {
    guard device != nil || tiers.tier == nil else {
      throw ValidationError("--tier is of probes on a device: give --device")
    }
  }

  func run() async throws {
    let bench = try Workbench(common)
    let probes = names.isEmpty ? bench.sharedProbes : try bench.probes(named: names)
    var cards = try probes.map { ProbeCards.Card(probe: $0, hooks: try ProbeHook.hooks(of: $0)) }
    guard let device else { return try output.print(ProbeCards(cards), common.console) }
    let survey = try await Survey(bench: bench, safety: try await safety.open())
      .report(device: device, probes: probes, tier: tiers.tier)
    for place in cards.indices {
      cards[place].status = survey.probes.first { $0.name == cards[place].probe.name }
    }
    try output.print(ProbeCards(cards, device: survey.device), common.console)
    if !survey.probes.contains(where: { $0.status == .loaded }) {
      throw ExitStatus.gateFailed.code
    }
  }
}
