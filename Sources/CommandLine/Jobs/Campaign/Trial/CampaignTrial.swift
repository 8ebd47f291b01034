import CampaignFiles
import Campaigns
import FleetAnalysis
import Foundation
import POSIXSupport
import ProbeBuild
import Reporting
import RunRecords
import VirtualDevices

/// A campaign from its keys to its end, on one machine: two virtual devices, a collector on
/// loopback, and the judge, for each firmware that is offered.
package struct CampaignTrial: Sendable {
  package struct Settings: Sendable {
    /// Directory that keeps everything.
    package var directory: String
    package var firmwares: [TrialFirmware]
    /// Windows of each device.
    package var windows: Int
    /// Devices of both arms together.
    package var devices: Int
    /// Program of the collector; nil: the one beside this program, or in `PATH`.
    package var collector: String?

    package init(
      directory: String, firmwares: [TrialFirmware], windows: Int, devices: Int, collector: String?
    ) {
      self.directory = URL(fileURLWithPath: directory).standardizedFileURL.path
      self.firmwares = firmwares
      self.windows = windows
      self.devices = devices
      self.collector = collector
    }
  }

  /// How one firmware fared.
  package struct Outcome: Sendable {
    package var firmware: TrialFirmware
    package var report: CampaignReport
    /// Seconds from the revocation until both devices had said that they stopped.
    package var secondsToStop: Int

    /// Whether the gate said what it had to.
    package var isExpected: Bool { report.verdict.outcome == firmware.expected }
  }

  /// Seconds: windows are short, so that the trial is.
  static let every: Int64 = 10
  static let window: Int64 = 8
  static let lease: Int64 = 60
  static let probe = "fsync"
  static let candidateArm = "canary"

  let settings: Settings
  let bench: Workbench
  let stage: TrialStage

  package init(_ settings: Settings, bench: Workbench) {
    self.settings = settings
    self.bench = bench
    stage = TrialStage(logs: "\(settings.directory)/devices")
  }

  var repository: String { "\(settings.directory)/repository" }
  var keys: String { "\(settings.directory)/keys" }
  package var collectorDirectory: String { "\(settings.directory)/collector" }

  func say(_ text: String) { bench.console.note(text) }

  static var now: MetadataTime { MetadataTime(Date()) }

  /// Goes through it; `look` is called at its end, while the collector still runs, with the
  /// dashboard's URL.
  /// - Throws: ``TrialError``, `CancellationError`, and what its parts throw; nothing is left
  ///   running.
  package func run(
    look: (_ dashboard: String) async throws -> Void
  ) async throws -> [Outcome] {
    do {
      let outcomes = try await story(look)
      await stage.clear()
      return outcomes
    } catch {
      await stage.clear()
      throw error
    }
  }

  private func story(
    _ look: (_ dashboard: String) async throws -> Void
  ) async throws -> [Outcome] {
    guard !FileManager.default.fileExists(atPath: repository) else {
      throw TrialError(
        "there is a trial in \(settings.directory) already",
        remedy: "name another directory with --out, or remove this one", status: .usage)
    }
    let program = try TrialCollector.program(settings.collector)
    try FileManager.default.createDirectory(
      atPath: settings.directory, withIntermediateDirectories: true)
    let programs = try await TrialPrograms(bench)
    _ = try Publisher.create(repository: repository, keys: keys, now: Self.now)
    say("The repository is \(repository); its keys, which would be offline, are \(keys).")
    let collector = try await TrialCollector.start(
      program: program, directory: collectorDirectory, repository: repository,
      devices: settings.devices)
    stage.add(collector)
    say(
      "The collector takes reports on 127.0.0.1:\(collector.devicePort), with certificates for "
        + "\(settings.devices) devices. Its dashboard: \(collector.dashboard)")
    let cast = try TrialCast(settings)
    var outcomes: [Outcome] = []
    for firmware in settings.firmwares {
      outcomes.append(try await campaign(firmware, cast, programs, collector))
    }
    try await look(collector.dashboard)
    return outcomes
  }

  /// One campaign from its signature to its end.
  private func campaign(
    _ firmware: TrialFirmware, _ cast: TrialCast, _ programs: TrialPrograms,
    _ collector: TrialCollector
  ) async throws -> Outcome {
    say("\nCampaign \(firmware.campaign): \(firmware.about).")
    let manifest = try await publish(firmware, cast)
    try await boot(firmware, cast, programs, collector)
    let windows = try await measured(firmware, collector)
    let offered = try await replay(firmware, manifest, windows, cast, programs, collector)
    let report = try judge(firmware, offered: offered, collector)
    bench.console.print(
      report.text(width: bench.console.width, style: bench.console.style))
    let code = ExitStatus(report.verdict.outcome).rawValue
    say("A gate that runs 'latgate campaign judge' ends with \(code) here.")
    let seconds = try await revoke(firmware, collector)
    return Outcome(firmware: firmware, report: report, secondsToStop: seconds)
  }
}

/// Who is who: names of devices, and the salts by which they are drawn.
struct TrialCast: Sendable {
  let salts: [TrialFirmware: [UInt8]]
  /// Names of the two devices that are really there.
  let control: String
  let canary: String
  let names: [String]

  /// - Throws: ``TrialError`` when no name is in the same arm of all campaigns.
  init(_ settings: CampaignTrial.Settings) throws(TrialError) {
    let names = (1...settings.devices).map { "device-\($0)" }
    var salts: [TrialFirmware: [UInt8]] = [:]
    for firmware in settings.firmwares {
      salts[firmware] = (0..<32).map { _ in UInt8.random(in: 0...255) }
    }
    let all = Array(salts.values)
    func first(_ isCandidate: Bool) -> String? {
      names.first { name in
        all.allSatisfy {
          (DeviceDraw.draw(device: name, salt: $0) >= DeviceDraw.outcomes / 2) == isCandidate
        }
      }
    }
    guard let control = first(false), let canary = first(true) else {
      throw TrialError(
        "no device was drawn for the same arm of both campaigns", remedy: "give more --devices",
        status: .usage)
    }
    self.names = names
    self.salts = salts
    self.control = control
    self.canary = canary
  }
}

/// What is built for a trial.
struct TrialPrograms: Sendable {
  /// For the virtual devices.
  let fieldAgent: String
  let loadHelper: String
  /// For this machine.
  let hostFieldAgent: String

  #if arch(arm64)
    private static let host = TargetABI.arm64
  #else
    private static let host = TargetABI.x86_64
  #endif

  init(_ bench: Workbench) async throws {
    fieldAgent = try await Workbench.fieldAgent(
      share: bench.share, abi: .arm64, console: bench.console
    ).path
    loadHelper = try await Workbench.build(
      share: bench.share, abi: .arm64, probes: [], console: bench.console
    ).loadHelper.path
    hostFieldAgent = try await Workbench.fieldAgent(
      share: bench.share, abi: Self.host, console: bench.console
    ).path
  }
}
