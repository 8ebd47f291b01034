import ArgumentParser
import Catalogs
import Devices
import Experiments
import Foundation
import Jobs
import POSIXSupport
import ProbeBuild
import Reporting
import VirtualDevices

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what this machine and its devices lack, and how to mend it.",
    discussion: """
      Exits 0 when everything needed for the virtual device is there and no device would stop a \
      run; 70 when something is missing on this machine; 69 when a device does not answer; 65 when a \
      catalogue file is broken; 3 when a run on a device would be stopped. Warnings do not count.

      With a device: what would stop a run on it, which tier works, and why better ones do not. \
      T2 loads programs, T1 uses those that the firmware carries, T0 folds trace events. The agent \
      is installed for it.

        latgate doctor --device demo
      """)

  @OptionGroup var common: CommonOptions

  @OptionGroup var safety: SafetyOptions

  @Option(help: "Ask this device instead of the machine.", completion: .devices)
  var device: String?

  @OptionGroup var output: FormatOptions<SurveyReport>

  /// One thing that was looked at.
  private struct Finding: Encodable, Sendable {
    enum State: String, Encodable {
      case fine = "ok"
      case warning = "warn"
      case missing = "MISSING"
      case stops = "STOP"
      case broken = "BROKEN"
    }

    var state: State
    var subject: String
    var detail: String
  }

  func run() async throws {
    let console = common.console
    if let device { return try await examine(device, console) }
    var findings = hostPrograms()
    findings += await buildTools()
    findings += catalogue()
    findings.append(cacheDirectory())
    findings.append(await store())
    findings += localKernel()
    var found: [DeviceScan.Found] = []
    do {
      found = try await devices()
    } catch  where !(error is CancellationError) {
      findings.append(Finding(state: .missing, subject: "devices", detail: "\(error)"))
    }
    findings += found.flatMap { Self.findings($0, showsAll: false) }
    try print(findings, console)
    if findings.contains(where: { $0.state == .missing }) { throw ExitStatus.internalError.code }
    if found.contains(where: \.isSilent) { throw ExitStatus.deviceUnavailable.code }
    if findings.contains(where: { $0.state == .broken }) { throw ExitStatus.badInput.code }
    if findings.contains(where: { $0.state == .stops }) { throw ExitStatus.gateFailed.code }
  }

  /// Every answer of one device; then the agent's, unless something stops it anyway.
  private func examine(_ name: String, _ console: Console) async throws {
    let bench = try Workbench(common)
    // A device file of a virtual device has none that could be asked before it boots.
    let isBooted = bench.catalog.devices[name]?.kind != .virtual
    var findings: [Finding] = []
    if isBooted {
      // Asked afresh: why a way to root does not work is what the user wants to know.
      var scan = DeviceScan(common)
      scan.limit = .seconds(60)
      scan.remembers = false
      var candidate = try await scan.one(name)
      // What its file says of a virtual device that runs is read here, where time matters less.
      if let own = (try? VirtualMachine.find(name))?.state.definition,
        let definition = bench.catalog.devices[own]
      {
        candidate.take(definition)
      }
      let found = await scan.ask([candidate])
      if let fault = found.first?.fault {
        let slip = NameSlip(catalog: bench.catalog).explaining(fault, name: name)
        guard slip is DeviceError else { throw slip }
      }
      findings = found.flatMap { Self.findings($0, showsAll: true) }
      findings += Self.fileFindings(name, bench.catalog)
      if output.isUsual { try print(findings, console) }
      if found.contains(where: \.isSilent) {
        if !output.isUsual { try print(findings, console) }
        throw ExitStatus.deviceUnavailable.code
      }
      if findings.contains(where: { $0.state == .stops }) {
        if !output.isUsual { try print(findings, console) }
        throw ExitStatus.gateFailed.code
      }
    }
    let report = try await Survey(bench: bench, safety: try await safety.open())
      .report(device: name, probes: [])
    try output.print(report, console)
    if !report.tiers.contains(where: \.works) { throw ExitStatus.gateFailed.code }
  }

  /// What the device's file names and this machine lacks.
  private static func fileFindings(_ name: String, _ catalog: Catalog) -> [Finding] {
    guard let definition = try? NamedDevice(name, in: catalog).definition else { return [] }
    return DeviceFileCheck(definition, in: catalog).problems().map { problem in
      Finding(
        state: .stops, subject: problem.field, detail: "\(problem.message); \(problem.remedy)")
    }
  }

  private static func findings(_ found: DeviceScan.Found, showsAll: Bool) -> [Finding] {
    let subject = showsAll ? "" : "\(found.row.transport) \(found.row.name)"
    guard let checkup = found.checkup else {
      return [
        Finding(
          state: .stops, subject: subject.isEmpty ? found.row.name : subject,
          detail: "\(found.row.state): \(found.row.detail)")
      ]
    }
    let looked = checkup.findings.filter { showsAll || $0.state != .fine }
    if looked.isEmpty {
      return [
        Finding(
          state: .fine, subject: subject,
          detail: "\(found.row.model), \(found.row.tier), \(found.row.privilege)")
      ]
    }
    return looked.map { finding in
      Finding(
        state: finding.state == .fine ? .fine : finding.state == .warning ? .warning : .stops,
        subject: subject.isEmpty ? finding.subject : "\(subject): \(finding.subject)",
        detail: finding.detail + (finding.remedy.map { "; \($0)" } ?? ""))
    }
  }

  /// Of connected devices, not of this machine.
  private func devices() async throws -> [DeviceScan.Found] {
    let scan = DeviceScan(common)
    return await scan.ask(try await scan.all().filter { $0.row.transport != "local" })
  }

  private func print(_ findings: [Finding], _ console: Console) throws {
    let rows = ListedRows(findings) { findings, _ in
      let width = findings.map(\.subject.count).max() ?? 0
      return findings.map { finding in
        let state = finding.state.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
        let subject = finding.subject.padding(toLength: width + 2, withPad: " ", startingAt: 0)
        return state + subject + finding.detail + "\n"
      }.joined()
    }
    try output.print(other: rows, console)
  }

  private func hostPrograms() -> [Finding] {
    let programs: [(name: String, package: String, purpose: String, needed: Bool)] = [
      ("qemu-system-aarch64", "qemu-system-arm", "virtual devices", true),
      ("mmdebstrap", "mmdebstrap", "sysroots and device images", true),
      ("zstd", "zstd", "device images", true),
      ("mkfs.ext4", "e2fsprogs", "disks of virtual devices", true),
      ("mkfs.f2fs", "f2fs-tools", "disks of virtual devices", true),
      ("adb", "adb", "devices over adb", true),
      ("ssh", "openssh-client", "boards over ssh", false),
      ("bpftool", "bpftool", "kernels without BTF", false),
      ("pahole", "dwarves", "making BTF from debug information", false),
    ]
    return programs.map { program in
      if let path = ProgramSearch.path(of: program.name) {
        return Finding(state: .fine, subject: program.name, detail: path)
      }
      return Finding(
        state: program.needed ? .missing : .warning, subject: program.name,
        detail: "needed for \(program.purpose): apt-get install \(program.package)")
    }
  }

  /// What building probes takes, where they are not shipped: clang, and the packages of sysroots.
  private func buildTools() async -> [Finding] {
    guard let share = try? ShareRoot.find(option: common.share),
      let builder = try? ProbeBuilder(share: share),
      let shipped = try? Catalog.loadSound([DirectoryFiles(root: share.path)])
    else { return [] }
    let probes = shipped.probes.values.map(ProbeSource.init) + ProbeSource.templates
    var missing: [TargetABI] = []
    for abi in TargetABI.allCases where await !builder.isShipped(abi: abi, probes: probes) {
      missing.append(abi)
    }
    guard !missing.isEmpty else {
      return [
        Finding(
          state: .fine, subject: "probes", detail: "built and shipped for every architecture")
      ]
    }
    var findings: [Finding] = []
    do {
      findings.append(
        Finding(state: .fine, subject: "clang", detail: try await builder.requireCompiler()))
    } catch {
      findings.append(Finding(state: .missing, subject: "clang", detail: "\(error)"))
    }
    for abi in missing where !Sysroot.isCached(abi) {
      let problem = await Sysroot.problem(of: abi)
      findings.append(
        Finding(
          state: problem == nil ? .fine : .warning, subject: "sysroot \(abi.rawValue)",
          detail: problem.map { "\($0); probes for \(abi.rawValue) cannot be built" }
            ?? "is made of Debian packages when it is needed"))
    }
    return findings
  }

  /// All files, also the user's own.
  private func catalogue() -> [Finding] {
    do {
      let share = try ShareRoot.find(option: common.share)
      let own = UserDirectories.configPath(environment: ProcessInfo.processInfo.environment)
      let roots = [share.path] + (own.map { [$0] } ?? [])
      let catalog = try Catalog.loadSound(roots.map { DirectoryFiles(root: $0) })
      return [
        Finding(
          state: .fine, subject: "catalogue",
          detail: "\(catalog.probes.count) probes, \(catalog.suites.count) suites in "
            + roots.joined(separator: ", "))
      ]
        + catalog.broken.flatMap(\.problems).map {
          Finding(state: .broken, subject: "catalogue", detail: "\($0)")
        }
    } catch {
      return [Finding(state: .missing, subject: "catalogue", detail: "\(error)")]
    }
  }

  private func cacheDirectory() -> Finding {
    do {
      let path = try UserDirectories.cache()
      try ResultPlace.requireDirectory(path)
      return Finding(state: .fine, subject: "cache", detail: path)
    } catch {
      return Finding(state: .missing, subject: "cache", detail: "\(error); set XDG_CACHE_HOME")
    }
  }

  private func store() async -> Finding {
    do {
      return Finding(state: .fine, subject: "store", detail: try await safety.open().store.path)
    } catch {
      return Finding(state: .missing, subject: "store", detail: "\(error)")
    }
  }

  private func localKernel() -> [Finding] {
    let isRoot = getuid() == 0
    let hasBTF = FileManager.default.fileExists(atPath: "/sys/kernel/btf/vmlinux")
    return [
      Finding(
        state: isRoot ? .fine : .warning, subject: "device local",
        detail: isRoot ? "root: programs may be loaded" : "not root: run latgate with sudo"),
      Finding(
        state: hasBTF ? .fine : .warning, subject: "kernel BTF",
        detail: hasBTF
          ? "/sys/kernel/btf/vmlinux" : "none: the local machine can only serve with external BTF"),
    ]
  }
}
