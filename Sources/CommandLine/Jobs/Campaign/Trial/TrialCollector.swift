import FleetLog
import FleetReports
import Foundation
import POSIXSupport
import ProbeBuild

/// The collector of a trial: a process of its own, on loopback, with certificates made for it.
final class TrialCollector: Sendable {
  /// Port on 127.0.0.1 that devices send to.
  let devicePort: UInt16
  /// URL of what operators look at.
  let operators: String
  let directory: String
  private let process: ChildProcess

  static let programName = "latgate-collector"
  private static let startLimit = Duration.seconds(120)
  private static let stopLimit = Duration.seconds(30)
  private static let remedy =
    "build it with 'swift build --traits Collector --product \(programName)', or name it with --collector"

  private init(devicePort: UInt16, operators: String, directory: String, process: ChildProcess) {
    self.devicePort = devicePort
    self.operators = operators
    self.directory = directory
    self.process = process
  }

  /// The one that was named, that beside this program, or that of `PATH`.
  /// - Throws: ``TrialError``: there is none.
  static func program(_ option: String?) throws(TrialError) -> String {
    if let option {
      guard FileManager.default.isExecutableFile(atPath: option) else {
        throw TrialError("'\(option)' is no program", remedy: remedy, status: .usage)
      }
      return option
    }
    let beside = URL(fileURLWithPath: ShareRoot.runningExecutable).deletingLastPathComponent()
      .appendingPathComponent(programName).path
    if let found = ProgramSearch.path(of: beside) ?? ProgramSearch.path(of: programName) {
      return found
    }
    throw TrialError(
      "\(programName) is neither beside this program nor in PATH", remedy: remedy, status: .usage)
  }

  /// Starts it, with certificates for `device-1` to `device-<devices>`, and the repository's files.
  /// - Throws: ``TrialError``, `SystemCallError`, `CancellationError`; nothing is left running
  ///   then.
  static func start(
    program: String, directory: String, repository: String, devices: Int
  ) async throws -> TrialCollector {
    let process = try ChildProcess.spawn(
      program,
      arguments: [
        "serve", "--trial", "--data", directory, "--devices", "\(devices)", "--repository",
        repository,
        "--listen", "127.0.0.1:0", "--operate", "127.0.0.1:0",
      ])
    let deadline = ContinuousClock.now + startLimit
    var said = ""
    while true {
      let bytes = try await process.standardOutput.read(deadline: deadline)
      guard !bytes.isEmpty else {
        let errors = try? await process.standardError.read(
          deadline: ContinuousClock.now + stopLimit)
        throw TrialError(
          "the collector did not start", remedy: remedy,
          details: String(decoding: errors ?? [], as: UTF8.self), status: .internalError)
      }
      said += String(decoding: bytes, as: UTF8.self)
      if let port = value("devices", in: said).flatMap({ URL(string: $0)?.port }),
        let operators = value("operators", in: said), let number = UInt16(exactly: port)
      {
        return TrialCollector(
          devicePort: number, operators: operators, directory: directory, process: process)
      }
    }
  }

  /// What a whole line `name: value` says.
  private static func value(_ name: String, in text: String) -> String? {
    let whole = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    return whole.last { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
  }

  /// The dashboard's address with its password: it is of this machine alone, and of this trial.
  var dashboard: String {
    let key = (try? String(contentsOfFile: "\(directory)/dashboard.key", encoding: .utf8)) ?? ""
    let password = key.trimmingCharacters(in: .whitespacesAndNewlines)
    return operators.replacing("http://", with: "http://latgate:\(password)@") + "/"
  }

  /// A file of the authority that was made for the trial, such as `device-1.pem`.
  func certificateFile(_ name: String) -> String { "\(directory)/trial/\(name)" }

  var indexPath: String { "\(directory)/index.sqlite" }

  /// What has arrived of a campaign.
  func reports(of campaign: String) throws -> [CollectedReport] {
    let index = try SQLiteIndex(path: indexPath)
    var reports: [CollectedReport] = []
    try index.forEachReport(of: campaign) { reports.append($0) }
    return reports
  }

  /// Asks it to end and waits for that.
  func stop() async {
    process.signalGroup(SIGTERM)
    let ended = try? await process.waitForExit(deadline: ContinuousClock.now + Self.stopLimit)
    if ended == nil { process.signalGroup(SIGKILL) }
  }
}
