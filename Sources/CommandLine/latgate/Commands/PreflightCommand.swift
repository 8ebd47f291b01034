import ArgumentParser
import Catalogs
import Jobs
import KernelBTF
import ProbeBuild
import Reporting

struct PreflightCommand: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "preflight",
    abstract: "Say from a firmware build's files which probes will work on it.",
    discussion: """
      No device is needed: the build's own files are enough. For every probe it says whether it loads and \
      attaches, by which rung, and what is missing: tracepoints and functions that are gone, fields \
      that programs read and the kernel no longer has. Put it into the firmware's own CI, where a \
      renamed field is found minutes after the commit.

        latgate preflight --btf out/vmlinux
        latgate preflight --btf out/vmlinux --config out/.config --kallsyms kallsyms
        latgate preflight --btf out/vmlinux --against last-release/vmlinux
        latgate preflight --btf phone.btf --suite demo --format json

      The types come from BTF (/sys/kernel/btf/vmlinux of a device, or a vmlinux built with \
      CONFIG_DEBUG_INFO_BTF), else from the DWARF of an unstripped vmlinux, which takes some \
      seconds once per build. BTF knows no functions of modules and not what is configured: without \
      --kallsyms and --config, what only they know is 'unknown', never 'lost'.

      --against lists what changed since an earlier build as far as the probes depend on it: \
      signatures of tracepoints and of functions with kprobes, offsets, sizes and types of fields.

      Exit codes: 0 every probe fits, 2 one is unknown and none lost, 3 one is lost, 65 a file is \
      not what it should be.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp(
      "The kernel's types: BTF, a vmlinux, or a kernel image.", valueName: "file"),
    completion: .file())
  var btf: String

  @Option(
    name: .customLong("btf-build-id"),
    help: ArgumentHelp(
      "Build-id of the kernel that bare BTF belongs to; refused when the file says otherwise.",
      discussion: "Default: the file's own, or that in <file>.build-id.", valueName: "hex"))
  var buildID: String?

  @Option(
    help: ArgumentHelp("The build's .config or /proc/config.gz.", valueName: "file"),
    completion: .file())
  var config: String?

  @Option(
    help: ArgumentHelp("/proc/kallsyms of the build, with its modules.", valueName: "file"),
    completion: .file())
  var kallsyms: String?

  @Option(
    help: ArgumentHelp("Types of an earlier build to compare with.", valueName: "file"),
    completion: .file())
  var against: String?

  @Option(
    help: "Suite whose probes are meant. Default: all whose hooks every kernel has.",
    completion: .suites)
  var suite: String?

  @Option(help: "Probe instead of the suite's; may be repeated.", completion: .probes)
  var probe: [String] = []

  @OptionGroup var report: ReportOptions<PreflightReport>

  func run() async throws {
    let console = common.console
    try report.requirePlaces()
    let bench = try Workbench(common)
    let manifests = try probes(bench)
    let cache = try BuildCache.ofUser()
    let reader = KernelFileReader(cache: cache)
    let kernel = try await reader.read(btf, givenID: buildID)
    guard kernel.isWhole else {
      throw KernelBTFError.unusable(
        path: btf, reason: "BTF cut down to what some programs read (bpftool gen min_core_btf)",
        remedy: "give the whole: what was left out is no sign that the kernel lacks it")
    }
    guard let abi = kernel.abi else {
      throw KernelBTFError.unusable(
        path: btf, reason: "a kernel of another architecture",
        remedy: "latgate knows \(TargetABI.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let previous = if let against { try await reader.read(against) } else { KernelFile?.none }
    let facts = KernelFacts(
      kernel: kernel, config: try await config(at: config),
      kallsyms: try kallsyms.map(KernelFacts.checkedKallsyms))
    let builder = try ProbeBuilder(share: bench.share)
    var built: [Preflight.Probe] = []
    for manifest in manifests {
      built.append(
        Preflight.Probe(
          name: manifest.name,
          object: try await builder.namedObject(of: manifest, abi: abi) {
            console.note($0)
          },
          t0Events: manifest.t0Events))
    }
    let result = try await Preflight(facts: facts, cache: cache).run(
      built, abi: abi, against: previous)
    try report.show(PreflightReport(result), console)
    switch result.outcome {
    case .fits: break
    case .unknown: throw ExitStatus.inconclusive.code
    case .lost: throw ExitStatus.gateFailed.code
    }
  }

  private func probes(_ bench: Workbench) throws -> [ProbeManifest] {
    guard probe.isEmpty else { return try bench.probes(named: probe) }
    guard let suite else { return try bench.probes(named: []).filter { !$0.isRare } }
    return try bench.probes(named: bench.catalog.suite(suite).probes)
  }

  private func config(at path: String?) async throws -> KernelConfig? {
    guard let path else { return nil }
    return try await KernelConfig.read(path)
  }
}

extension KernelFileReader {
  /// As `read(_:buildID:)`, for a build-id of the command line: one that cannot be is wrong usage.
  func read(_ path: String, givenID: String?) async throws -> KernelFile {
    do {
      return try await read(path, buildID: givenID)
    } catch KernelBTFError.badBuildID(let text, let place) where text == givenID {
      throw ValidationError("\(KernelBTFError.badBuildID(text: text, place: place))")
    }
  }
}
