import ADB
import ArgumentParser
import Catalogs
import Devices
import Foundation
import POSIXSupport
import ProbeBuild
import VirtualDevices

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what this machine and its devices lack, and how to mend it.",
    discussion: """
      Exits 0 when everything needed for the virtual device is there, else 69. Warnings do not \
      count.

      With a device: which tier works on it, and why better ones do not. T2 loads programs, T1 \
      uses those that the firmware carries, T0 folds trace events. Exits 3 when none works.

        latgate doctor --device demo
      """)

  @OptionGroup var common: CommonOptions

  @OptionGroup var safety: SafetyOptions

  @Option(help: "Ask this device instead of the machine.")
  var device: String?

  @Option(help: "How to print: \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: OutputFormat = .terminal

  /// One thing that was looked at.
  private struct Finding: Encodable {
    enum State: String, Encodable {
      case fine = "ok"
      case warning = "warn"
      case missing = "MISSING"
    }

    var state: State
    var subject: String
    var detail: String
  }

  func run() async throws {
    let console = common.console
    if let device {
      let survey = Survey(bench: try Workbench(common), safety: try await safety.open())
      let report = try await survey.report(device: device, probes: [])
      try console.print(report, format)
      if !report.tiers.contains(where: \.works) { throw ExitStatus.gateFailed.code }
      return
    }
    var findings = hostPrograms()
    findings.append(shareFolder())
    findings.append(cacheFolder())
    findings += localKernel()
    findings += await devices()
    try print(findings, console)
    if findings.contains(where: { $0.state == .missing }) {
      throw ExitStatus.deviceUnavailable.code
    }
  }

  private func print(_ findings: [Finding], _ console: Console) throws {
    guard format == .terminal else {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return console.print(String(decoding: try encoder.encode(findings), as: UTF8.self))
    }
    let width = findings.map(\.subject.count).max() ?? 0
    for finding in findings {
      let state = finding.state.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
      let subject = finding.subject.padding(toLength: width + 2, withPad: " ", startingAt: 0)
      console.print(state + subject + finding.detail)
    }
  }

  private func hostPrograms() -> [Finding] {
    let programs: [(name: String, package: String, purpose: String, needed: Bool)] = [
      ("qemu-system-aarch64", "qemu-system-arm", "virtual devices", true),
      ("mmdebstrap", "mmdebstrap", "sysroots and device images", true),
      ("zstd", "zstd", "device images", true),
      ("mkfs.ext4", "e2fsprogs", "disks of virtual devices", true),
      ("mkfs.f2fs", "f2fs-tools", "disks of virtual devices", true),
      ("adb", "adb", "devices over adb", true),
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

  private func shareFolder() -> Finding {
    do {
      let share = try ShareRoot.find(option: common.share)
      let catalog = try Catalog.load(root: share.path)
      return Finding(
        state: .fine, subject: "catalogue",
        detail: "\(catalog.probes.count) probes, \(catalog.suites.count) suites in \(share.path)")
    } catch {
      return Finding(state: .missing, subject: "catalogue", detail: "\(error)")
    }
  }

  private func cacheFolder() -> Finding {
    do {
      return Finding(state: .fine, subject: "cache", detail: try UserFolders.cache())
    } catch {
      return Finding(state: .missing, subject: "cache", detail: "\(error); set XDG_CACHE_HOME")
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

  private func remedy(_ device: ListedDevice) -> String {
    let name = device.serial.isEmpty ? device.path : device.serial
    let error: ADBError =
      switch device.state {
      case .unauthorized: .unauthorized(serial: name)
      case .noPermissions(let detail): .noPermissions(serial: name, detail: detail)
      default: .offline(serial: name, state: device.state.word)
      }
    return DeviceError(error, device: name, operation: "listing").description
  }

  private func devices() async -> [Finding] {
    var findings: [Finding] = []
    do {
      let server = try ADBServer(environment: ProcessInfo.processInfo.environment)
      for device in try await server.devices() {
        findings.append(
          Finding(
            state: device.state == .device ? .fine : .warning, subject: "adb \(device.serial)",
            detail: device.state == .device ? device.model : remedy(device)))
      }
      if findings.isEmpty {
        findings.append(
          Finding(state: .fine, subject: "adb", detail: "no device is connected"))
      }
    } catch {
      findings.append(Finding(state: .warning, subject: "adb", detail: "\(error)"))
    }
    return findings
  }
}
