import ArgumentParser
import Jobs
import ProbeBuild

struct BuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Build probes, agent and load helper for devices.",
    discussion: """
      Results are cached by content: an unchanged build takes no time. The first build for an ABI \
      fetches a cross sysroot of Debian packages.

        latgate build --abi arm64
        latgate build --abi arm64 --probe runqueue
        latgate build --abi arm64 --field
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: "ABI to build for; may be repeated. Default: arm64.")
  var abi: [TargetABI] = []

  @Flag(help: "Build for every ABI.")
  var all = false

  @Flag(
    help: ArgumentHelp(
      "Put what is built into the share directory as well.",
      discussion: "Hosts that use the directory then need no compiler and no network to measure."))
  var ship = false

  @Flag(help: "Build the agent of fielded devices too (docs/field.md).")
  var field = false

  @Option(
    help:
      "Probe to build; may be repeated. Default: all, with --ship those of the share directory.",
    completion: .probes)
  var probe: [String] = []

  func validate() throws {
    guard !all || abi.isEmpty else {
      throw ValidationError("--all is every ABI: give it or --abi, not both")
    }
  }

  func run() async throws {
    let console = common.console
    let bench = try Workbench(common)
    // What a share directory ships is its own; a user's probes may not be there when it is used.
    let chosen = probe.isEmpty && ship ? bench.sharedProbes : try bench.probes(named: probe)
    let prepared = probe.isEmpty ? ProbeSource.templates : []
    let sources = chosen.map(ProbeSource.init) + prepared
    for abi in all ? TargetABI.allCases : (abi.isEmpty ? [.arm64] : abi) {
      let bundle = try await Workbench.build(
        share: bench.share, abi: abi, probes: sources, ships: ship, console: console)
      console.print("\(abi.rawValue): agent \(kib(bundle.agent)), \(bundle.agent.path)")
      console.print(
        "\(abi.rawValue): load helper \(kib(bundle.loadHelper)), \(bundle.loadHelper.path)")
      if field {
        let agent = try await Workbench.fieldAgent(
          share: bench.share, abi: abi, ships: ship, console: console)
        console.print("\(abi.rawValue): field agent \(kib(agent)), \(agent.path)")
      }
      for (name, object) in bundle.objects.sorted(by: { $0.key < $1.key }) {
        console.print("\(abi.rawValue): probe \(name) \(kib(object)), \(object.path)")
      }
    }
  }

  private func kib(_ artifact: BuildArtifact) -> String {
    "\((artifact.size + 1023) / 1024) KiB"
  }
}

extension TargetABI: ExpressibleByArgument {}
