import ArgumentParser
import Catalogs
import Experiments
import Foundation
import Jobs
import ProbeBuild
import VirtualDevices

struct FetchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Download and build all that checks of suites need, so that they need no network.",
    discussion: """
      Probes and agent for the device's ABI, with the sysroot that they are built in, and for a \
      virtual device the images of its firmwares. It does nothing where all is there. What an ABI \
      needs is not known of a device that is not asked; give it, or everything is built.

        latgate fetch demo
        latgate fetch demo --firmware reference --firmware k612
        latgate fetch app-start --abi arm64
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The suites.", completion: .suites)
  var suites: [String]

  @Option(help: "Device file instead of the suites'.", completion: .devices)
  var device: String?

  @Option(
    help: "Firmware of a virtual device; may be repeated. Default: the suite's two.",
    completion: .firmwares)
  var firmware: [String] = []

  @Option(help: "ABI of a real device; may be repeated. Default: every one.")
  var abi: [TargetABI] = []

  func validate() throws {
    guard !suites.isEmpty else { throw ValidationError("name a suite") }
  }

  func run() async throws {
    let console = common.console
    let bench = try Workbench(common)
    for name in suites {
      let suite = try bench.catalog.suite(name)
      let probes = try suite.probes.map { try bench.catalog.probe($0) }
      let definition = try LaneFactory.definition(
        of: device ?? suite.device, in: bench.catalog, fallback: suite.device)
      let isVirtual = definition.kind == .virtual
      let wanted =
        firmware.isEmpty ? [suite.reference, suite.candidate].compactMap(\.self) : firmware
      let abis =
        isVirtual
        ? try await machines(wanted, of: definition, bench)
        : abi.isEmpty ? TargetABI.allCases : abi
      for abi in abis {
        _ = try await bench.bundle(abi: abi, probes: probes)
        console.print("\(name): agent and \(probes.count) probes for \(abi.rawValue)")
      }
    }
  }

  /// Makes the images of firmwares, and what they hold beside them.
  /// - Returns: the ABIs of their kernels.
  private func machines(
    _ names: [String], of definition: DeviceDefinition, _ bench: Workbench
  ) async throws -> [TargetABI] {
    let console = bench.console
    var abis: [TargetABI] = []
    for name in names {
      let machine = try definition.machine(firmware: name)
      let image = try await VirtualImage.prepare(kernel: machine.kernel) { console.note($0) }
      let files = try await definition.ownFiles(
        firmware: name, catalog: bench.catalog, share: bench.share
      ) { console.note($0) }
      console.print(
        "\(name): kernel \(image.facts.kernelRelease)"
          + (files.isEmpty ? "" : " and \(files.count) files of its own"))
      if let abi = TargetABI(machine.kernel.architecture), !abis.contains(abi) { abis.append(abi) }
    }
    return abis
  }
}
