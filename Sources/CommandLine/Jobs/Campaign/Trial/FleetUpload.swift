import FleetLog
import FleetReports
import Foundation
import POSIXSupport

/// Sends a device's reports as the device would: from the spool of a field agent, with the device's
/// certificate.
struct FleetUpload: Sendable {
  /// `latgate-field` for this machine.
  let program: String
  let collector: TrialCollector
  /// The repository's first root.
  let root: String
  /// Directory for the devices' own.
  let directory: String

  private static let limit = Duration.seconds(120)
  private static let pause = Duration.milliseconds(20)

  /// Returns when the collector has all of them; the device's directory is gone then.
  /// - Throws: ``TrialError``, `SystemCallError`, `CancellationError`.
  func send(_ reports: [FleetReport], of name: String) async throws {
    let own = "\(directory)/\(name)"
    let spool = "\(own)/state/spool"
    try FileManager.default.createDirectory(
      atPath: spool, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    for (place, report) in reports.enumerated() {
      let bytes = report.bytes
      let spooled = SpooledReport(
        number: UInt64(place + 1), created: UInt64(Date().timeIntervalSince1970),
        id: LogRecord.id(of: bytes), report: bytes)
      try AtomicFile.write(
        spooled.fileBytes, to: "\(spool)/\(spooled.fileName)", durable: false)
    }
    let device = TrialDevice(
      name: name, model: TrialMachine.model, build: TrialFirmware.controlBuild,
      address: "127.0.0.1",
      port: collector.devicePort, authority: collector.certificateFile("authority.pem"),
      certificate: collector.certificateFile("\(name).pem"),
      key: collector.certificateFile("\(name).key"), root: root, state: "\(own)/state", poll: 1,
      isPolling: false)
    try AtomicFile.write(
      Array(device.configuration.utf8), to: "\(own)/field.conf", durable: false)
    try await run(own, spool, name)
    try FileManager.default.removeItem(atPath: own)
  }

  private func run(_ own: String, _ spool: String, _ name: String) async throws {
    let agent = try ChildProcess.spawn(program, arguments: ["run", "\(own)/field.conf"])
    let deadline = ContinuousClock.now + Self.limit
    func left(_ kind: Character) -> Int {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: spool)) ?? []
      return names.count { $0.first == kind }
    }
    while left("r") > 0 {
      guard ContinuousClock.now < deadline else {
        let said = try? agent.standardError.readNow()
        throw TrialError(
          "the reports of \(name) did not reach the collector within \(Self.limit)",
          details: String(decoding: said ?? [], as: UTF8.self))
      }
      try await Task.sleep(for: Self.pause)
    }
    agent.signalGroup(SIGTERM)
    try await agent.waitForExit(deadline: deadline)
    guard left("x") == 0 else {
      let said = try? agent.standardError.readNow()
      throw TrialError(
        "the collector refused reports of \(name)",
        details: String(decoding: said ?? [], as: UTF8.self), status: .internalError)
    }
  }
}
