import Foundation
import Glibc
import POSIXSupport

/// The one ssh connection that all commands on a board share.
///
/// `ssh` itself keeps it (`ControlMaster`) behind a socket in a directory of this user's alone. It
/// ends with this value, or, should this process be killed, ``idleLimit`` after its last command.
actor SSHConnection {
  /// Seconds that an unused connection stays.
  private static let idleLimit = 60
  /// For the connection and its key exchange.
  private static let limit: Duration = .seconds(30)

  nonisolated let target: SSHTarget
  private let device: String
  private(set) var directory: String?
  private var opening: Task<ProcessIdentity?, any Error>?
  /// The process that keeps the connection.
  private var keeper: ProcessIdentity?

  /// Nothing is connected yet; `device` serves messages.
  init(target: SSHTarget, device: String) {
    self.target = target
    self.device = device
  }

  deinit {
    keeper?.signal(SIGTERM)
    if let directory {
      unlink("\(directory)/s")
      rmdir(directory)
    }
  }

  /// Arguments of `ssh` for one command line, once there is a connection.
  /// - Throws: `DeviceError`, `CancellationError`.
  func arguments(_ command: String) async throws -> [String] {
    let socket = "\(try privateDirectory())/s"
    if let known = keeper, !known.isRunning { end() }
    let task =
      opening
      ?? Task { [target, device] in try await Self.open(target, socket: socket, device: device) }
    opening = task
    do {
      keeper = try await task.value
    } catch {
      if opening == task { opening = nil }
      throw error
    }
    return Self.options(target)
      + ["-S", socket, "-o", "ControlMaster=no", "--", target.destination, command]
  }

  /// Ends the connection; the next command makes a new one.
  func end() {
    keeper?.signal(SIGTERM)
    keeper = nil
    opening = nil
    // The keeper may still be on its way out, and a new one needs the name.
    if let directory { unlink("\(directory)/s") }
  }

  private func privateDirectory() throws -> String {
    if let directory { return directory }
    // Short, because the address of a socket has at most 107 bytes.
    let parent = NSTemporaryDirectory()
    let path =
      (parent.utf8.count < 60 ? parent : "/tmp/") + "latgate-ssh-\(UUID().uuidString.prefix(13))"
    do {
      try systemCall("mkdir", on: path) { mkdir(path, 0o700) }
    } catch {
      throw DeviceError.hostFile(path: path, detail: error.reason)
    }
    directory = path
    return path
  }

  private static func open(
    _ target: SSHTarget, socket: String, device: String
  ) async throws -> ProcessIdentity? {
    let made = try await run(
      options(target) + [
        "-f", "-N", "-S", socket, "-o", "ControlMaster=yes", "-o", "ControlPersist=\(idleLimit)",
        "--", target.destination,
      ], device: device)
    guard made.exitCode == 0 else {
      throw failure(String(decoding: made.standardError, as: UTF8.self), device: device)
    }
    // "Master running (pid=N)"
    let check = try await run(question(target, socket: socket), device: device)
    let words = String(decoding: check.standardError + check.standardOutput, as: UTF8.self)
    guard let match = words.firstMatch(of: /pid=([0-9]+)/), let number = Int32(match.1) else {
      throw failure(words, device: device)
    }
    return ProcessIdentity.current(of: number)
  }

  /// Arguments of `ssh` that ask who keeps the connection. It reads no other configuration for that
  /// than for commands: one with an error in it would be in the way.
  static func question(_ target: SSHTarget, socket: String) -> [String] {
    options(target) + ["-S", socket, "-O", "check", "--", target.destination]
  }

  /// What `ssh` said before it gave up, as an error.
  static func failure(_ words: String, device: String) -> DeviceError {
    let lines = words.split(whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    if let failure = SSHFailure(words: words) {
      return .sshFailed(device: device, failure: failure)
    }
    return .disconnected(
      device: device, operation: DeviceError.connecting,
      detail: lines.last ?? "ssh ended without a message")
  }

  private static func run(_ arguments: [String], device: String) async throws -> ExecResult {
    let child = try spawn("ssh", arguments, input: false)
    do {
      return try await child.collect(deadline: ContinuousClock.now + limit)
    } catch is TimeoutError {
      child.signalGroup(SIGKILL)
      throw DeviceError.timedOut(device: device, operation: "connecting", after: limit)
    }
  }

  /// - Throws: `DeviceError`.
  static func spawn(
    _ program: String, _ arguments: [String], input: Bool
  ) throws(DeviceError) -> ChildProcess {
    do {
      return try ChildProcess.spawn(program, arguments: arguments, connectsInput: input)
    } catch {
      throw .programMissing(
        program: "\(error.subject) (\(error.reason))",
        remedy: "install an ssh client (Debian: the package openssh-client)")
    }
  }

  /// Nothing may ask, forward, or print beside the command; everything else is the user's own
  /// configuration, the treatment of host keys above all.
  private static func options(_ target: SSHTarget) -> [String] {
    var words = ["-T", "-x", "-a"]
    if let configuration = target.configuration { words += ["-F", configuration] }
    if let identity = target.identity { words += ["-i", identity, "-o", "IdentitiesOnly=yes"] }
    if let port = target.port { words += ["-p", "\(port)"] }
    let settings = [
      "BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3",
      "LogLevel=ERROR", "EscapeChar=none", "ClearAllForwardings=yes", "PermitLocalCommand=no",
      "RemoteCommand=none",
    ]
    return words + settings.flatMap { ["-o", $0] }
  }
}
