import CampaignFiles
import Campaigns
import FleetReports
import Foundation
import POSIXSupport
import Reporting
import VirtualDevices

extension CampaignTrial {
  private static let day: Int64 = 86400
  private static let hour: Int64 = 3600
  /// How long a device may take for its windows, beside these.
  private static let patience = Duration.seconds(180)
  private static let pause = Duration.milliseconds(500)
  /// Field agents of devices that are not there, at a time.
  private static let uploads = 8

  /// Makes, signs and publishes a campaign for all devices, half of them in each arm.
  func publish(_ firmware: TrialFirmware, _ cast: TrialCast) async throws -> CampaignManifest {
    let half = DeviceDraw.outcomes / 2
    let draft = CampaignDraft(
      manifest: CampaignManifest(
        id: firmware.campaign, metrics: [],
        schedule: CampaignSchedule(
          starts: Self.now.adding(seconds: -Self.day), ends: Self.now.adding(seconds: Self.day),
          duration: Self.day, every: Self.every, window: Self.window, lease: Self.lease),
        budgets: CampaignBudgets(cpu: 50_000, memory: 32 << 20, uploadPerDay: 1 << 20),
        targeting: CampaignTargeting(models: [TrialMachine.model], builds: []),
        arms: [
          CampaignArm(name: "control", from: 0, to: half),
          CampaignArm(name: Self.candidateArm, from: half, to: DeviceDraw.outcomes),
        ], salt: cast.salts[firmware] ?? [], bundles: [:]),
      probes: try bench.probes(named: [Self.probe]), tier: .t0, abis: [.arm64])
    let directory = DraftDirectory(path: "\(settings.directory)/drafts/\(firmware.campaign)")
    let manifest = try await draft.write(to: directory, bench: bench)
    _ = try publisher.sign(directory)
    try publisher.publish()
    say(
      "It is signed and published: \(manifest.metrics.map(\.name).joined(separator: ", ")) in windows of "
        + "\(Self.window) s, by trace events (T0); half of the devices are in each arm.")
    return manifest
  }

  private var publisher: Publisher {
    get throws { try Publisher(repository: repository, keys: [keys], now: Self.now) }
  }

  /// Boots the canary with the firmware, and the control where it does not run yet.
  func boot(
    _ firmware: TrialFirmware, _ cast: TrialCast, _ programs: TrialPrograms,
    _ collector: TrialCollector
  ) async throws {
    try await stage.stop("canary")
    var jobs: [@Sendable () async throws -> Void] = [
      {
        try await start(
          "canary", firmware.machine, firmware.build, cast.canary, programs, collector)
      }
    ]
    if firmware == settings.firmwares.first {
      jobs.append {
        try await start(
          "control", TrialFirmware.control, TrialFirmware.controlBuild, cast.control, programs,
          collector)
      }
    }
    _ = try await LimitedParallel.run(jobs, width: jobs.count)
  }

  private func start(
    _ role: String, _ firmware: VirtualFirmware, _ build: String, _ name: String,
    _ programs: TrialPrograms, _ collector: TrialCollector
  ) async throws {
    let machine = TrialMachine(
      name: name, build: build, fieldAgent: programs.fieldAgent, loadHelper: programs.loadHelper,
      root: "\(repository)/1.root.json")
    let booted = try await VirtualMachine.boot(
      firmware: firmware, files: try machine.files(collector),
      name: "trial-\(getpid())-\(role)-\(build)", lifetime: .owned
    ) { bench.console.detail($0) }
    stage.add(booted, as: role)
    say("The \(role) is up: \(name) with firmware \(build), its field agent a service of its init.")
  }

  /// Waits for the windows of both devices.
  /// - Throws: ``TrialError`` when a device refuses the campaign or nothing arrives.
  func measured(_ firmware: TrialFirmware, _ collector: TrialCollector) async throws -> TrialWindows
  {
    let deadline =
      ContinuousClock.now + Self.patience + .seconds(Self.every * Int64(settings.windows))
    while true {
      let reports = try collector.reports(of: firmware.campaign)
      // A poll that took long lets a lease end; the next one gives another.
      if let refusal = reports.map(\.report).first(where: {
        $0.kind == .refusal && $0.code != Self.leaseCode
      }) {
        throw TrialError(
          "the \(Self.role(refusal.arm)) ended the campaign: code \(refusal.code) in "
            + "docs/fleet-reports.md", details: stage.console(Self.role(refusal.arm)),
          status: .gateFailed)
      }
      let windows = TrialWindows(reports)
      if windows.fewest(of: [0, 1]) >= settings.windows {
        say(
          "Both devices have taken it, measured and reported: the control "
            + "\(windows.events(0)) calls of fsync in \(windows.byArm[0]?.count ?? 0) windows, the "
            + "canary \(windows.events(1)) in \(windows.byArm[1]?.count ?? 0).")
        return windows
      }
      guard ContinuousClock.now < deadline else {
        let silent = windows.byArm[0]?.isEmpty == false ? "canary" : "control"
        throw TrialError(
          "the \(silent) did not report \(settings.windows) windows",
          details: stage.console(silent))
      }
      try await Task.sleep(for: Self.pause)
    }
  }

  private static func role(_ arm: UInt8) -> String { arm == 0 ? "control" : "canary" }

  /// Sends what further devices would have sent.
  /// - Returns: when the firmware was offered to them.
  func replay(
    _ firmware: TrialFirmware, _ manifest: CampaignManifest, _ windows: TrialWindows,
    _ cast: TrialCast, _ programs: TrialPrograms, _ collector: TrialCollector
  ) async throws -> MetadataTime {
    let offered = Self.lookHour - Int64(ReplayedFleet.hoursToLook)
    let others = cast.names.filter { ![cast.control, cast.canary].contains($0) }
    say(
      "A verdict takes 200 devices in each arm and four days; two devices and minutes are here. What "
        + "\(others.count) more would have sent in a week is drawn from these windows, each device a "
        + "few percent slower or faster. Each sends it with its own certificate, from the spool of a "
        + "field agent.")
    let fleet = ReplayedFleet(
      manifest: manifest, windows: windows, build: firmware.build, offered: Int(offered),
      seed: UInt64.random(in: 0...UInt64.max))
    let upload = FleetUpload(
      program: programs.hostFieldAgent, collector: collector,
      root: "\(repository)/1.root.json", directory: "\(settings.directory)/fleet")
    let jobs: [@Sendable () async throws -> Int] = others.enumerated().map { number, name in
      {
        let reports = fleet.reports(of: name, number: number)
        try await upload.send(reports, of: name)
        return reports.count
      }
    }
    let begun = ContinuousClock.now
    let sent = try await LimitedParallel.run(jobs, width: Self.uploads).reduce(0, +)
    let seconds = (ContinuousClock.now - begun).components.seconds
    say("They have sent \(sent) reports in \(seconds) s.")
    return MetadataTime(seconds: offered * Self.hour)
  }

  /// The next full hour since 1970: reports of the hour of a look are not in it yet.
  private static var lookHour: Int64 { now.seconds / hour + 1 }

  /// Asks the judge, by its usual rules, and keeps what it says where the dashboard looks.
  func judge(
    _ firmware: TrialFirmware, offered: MetadataTime, _ collector: TrialCollector
  ) throws -> CampaignReport {
    let directory = RepositoryDirectory(path: repository)
    let judging = CampaignJudging(
      manifest: try directory.manifest(firmware.campaign, try directory.polled(now: Self.now)),
      candidate: Self.candidateArm, build: firmware.build, offered: offered,
      now: MetadataTime(seconds: Self.lookHour * Self.hour), silence: Int(3 * Self.day / Self.hour))
    let (report, notes) = try judging.report(
      of: .index(CollectedReports(place: collector.indexPath)))
    for note in notes { say(note) }
    try KeptVerdicts(directory: KeptVerdicts.directory(ofCollector: collector.directory)).keep(
      report)
    return report
  }

  /// Ends the campaign and waits until both devices have said that they did.
  /// - Returns: seconds that it took.
  func revoke(_ firmware: TrialFirmware, _ collector: TrialCollector) async throws -> Int {
    _ = try publisher.revoke(firmware.campaign)
    let begun = ContinuousClock.now
    let deadline = begun + .seconds(Self.lease) + Self.patience
    while true {
      let revoked = try collector.reports(of: firmware.campaign).map(\.report)
        .filter { $0.kind == .refusal && $0.code == Self.revokedCode }
      if Set(revoked.map(\.arm)).count == 2 { break }
      guard ContinuousClock.now < deadline else {
        throw TrialError(
          "the devices did not say that they stopped", details: stage.console("canary"))
      }
      try await Task.sleep(for: Self.pause)
    }
    let seconds = Int((ContinuousClock.now - begun).components.seconds)
    say(
      "The campaign is revoked; both devices had stopped and said so after \(seconds) s (the lease is "
        + "\(Self.lease) s).")
    return seconds
  }

  /// Of docs/fleet-reports.md.
  private static let revokedCode: UInt8 = 9
  private static let leaseCode: UInt8 = 10
}
