import ArgumentParser
import FirmwareKit
import Jobs
import ProbeBuild

struct FirmwareKitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "firmware-kit",
    abstract: "Write what a firmware bakes in so that latgate can measure user builds (tier T1).",
    discussion: """
      The directory holds objects, loader or bpfloader rows, init scripts, policy, an allow-list and \
      GUIDE.md. For Android, Android 16 and later.

        latgate firmware-kit --for android --probes runqueue,fsync -o kit
        latgate firmware-kit --for linux --abi armv7 --group 2000 -o kit
        latgate firmware-kit --lint kit

      --lint exits 0 when a firmware would take the kit, else 65 with every problem.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: "Who loads at boot: android (bpfloader) or linux (latgate's own loader).")
  var `for`: FirmwareKit.Platform = .android

  @Option(help: "ABI of the kernel.")
  var abi: TargetABI = .arm64

  @Option(help: "Probes, with commas between them. Default: all whose hooks every kernel has.")
  var probes: String?

  @Option(help: "Linux: group id of those who may measure. Default: 0, root alone.")
  var group: UInt32 = 0

  @Flag(
    help: ArgumentHelp(
      "Linux: let the loader set kernel.unprivileged_bpf_disabled to 0 where the group cannot "
        + "use the pins without.",
      discussion: "Kernels before 5.19 refuse the whole of bpf() otherwise."))
  var unprivilegedBPF = false

  @Option(name: .shortAndLong, help: "Directory to write; new or empty.", completion: .directory)
  var output: String?

  @Option(help: "Check the kit in this directory instead of writing one.")
  var lint: String?

  func validate() throws {
    guard (output == nil) != (lint == nil) else {
      throw ValidationError("give -o DIRECTORY to write a kit, or --lint DIRECTORY to check one")
    }
  }

  func run() async throws {
    let console = common.console
    if let lint { return try check(lint, console) }
    guard let output else { return }
    try ResultPlace.requireDirectory(output)
    let bench = try Workbench(common)
    let names = probes?.split(separator: ",").map(String.init)
    let sources = try bench.probes(named: names ?? []).filter { names != nil || !$0.isRare }
      .map(ProbeSource.init)
    let files = try await FirmwareKit(
      platform: `for`, abi: abi, group: group, allowsUnprivilegedBPF: unprivilegedBPF
    ).files(probes: sources, builder: try ProbeBuilder(share: bench.share)) { console.note($0) }
    try KitDirectory.write(files, to: output)
    for file in files { console.print("\(output)/\(file.path)") }
    try report(KitLint(files).problems(), console)
  }

  private func check(_ directory: String, _ console: Console) throws {
    try report(KitLint(try KitDirectory.read(directory)).problems(), console)
    console.print("\(directory): no problems found")
  }

  private func report(_ problems: [KitLint.Problem], _ console: Console) throws {
    for problem in problems { console.error("error: \(problem)") }
    if !problems.isEmpty { throw ExitStatus.badInput.code }
  }
}

extension FirmwareKit.Platform: ExpressibleByArgument {}
