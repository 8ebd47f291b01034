import Foundation
import Glibc
import POSIXSupport
import Synchronization

/// One command that runs on a board, and the `ssh` beside us that carries its streams.
final class SSHCommand: Sendable {
  /// Time the command has to end by itself once its output is no longer read.
  private static let grace: Duration = .milliseconds(500)

  let child: ChildProcess
  private let connection: SSHConnection
  private let device: String
  private let title: String
  private let marks: SSHMarks
  private let errorOutput: ErrorOutput
  /// Ends with the pipe, or when cancelled.
  private let errorReader: Task<Void, Never>

  private init(
    child: ChildProcess, connection: SSHConnection, device: String, title: String,
    marks: SSHMarks, errorLimit: Int
  ) {
    self.child = child
    self.connection = connection
    self.device = device
    self.title = title
    self.marks = marks
    let errorOutput = ErrorOutput(limit: errorLimit)
    self.errorOutput = errorOutput
    let pipe = child.standardError
    errorReader = Task {
      while let bytes = try? await pipe.read(), !bytes.isEmpty { errorOutput.append(bytes) }
    }
  }

  deinit {
    errorReader.cancel()
    child.signalGroup(SIGKILL)
  }

  /// What stdin and stdout of the command are.
  enum Streams: Sendable {
    /// stdin is empty, stdout comes to us.
    case output
    /// Both are ours.
    case both
    /// Files of this machine: their bytes do not pass through this process.
    case input(String)
    case outputFile(String)
  }

  /// Starts a command; `errorLimit` bytes of its stderr are kept, `title` serves messages.
  /// - Throws: `DeviceError`, `CancellationError`.
  static func start(
    _ command: String, over connection: SSHConnection, device: String, streams: Streams,
    errorLimit: Int, title: String? = nil
  ) async throws -> SSHCommand {
    let marks = SSHMarks()
    let arguments = try await connection.arguments(marks.wrapped(command))
    var program = "ssh"
    var words = arguments
    var takesInput = false
    switch streams {
    case .output: break
    case .both: takesInput = true
    case .input(let path):
      program = "/bin/sh"
      words = ["-c", "exec ssh \"$@\" < \"$0\"", path] + arguments
    case .outputFile(let path):
      program = "/bin/sh"
      words = ["-c", "exec ssh \"$@\" > \"$0\"", path] + arguments
    }
    return SSHCommand(
      child: try SSHConnection.spawn(program, words, input: takesInput),
      connection: connection, device: device, title: title ?? commandTitle(command), marks: marks,
      errorLimit: errorLimit)
  }

  /// stderr of the command so far.
  var standardError: [UInt8] { marks.read(errorOutput.tail).rest }

  /// How the command ended; nil while it runs, or when its end was not seen.
  var exitCode: Int32? { marks.read(errorOutput.tail).exitCode }

  /// The next bytes of stdout; nil once the command has ended.
  /// - Throws: `DeviceError`, `TimeoutError`, `CancellationError`.
  func read(deadline: Deadline? = nil) async throws -> [UInt8]? {
    let bytes: [UInt8]
    do {
      bytes = try await child.standardOutput.read(deadline: deadline)
    } catch let error as SystemCallError {
      throw DeviceError.disconnected(device: device, operation: title, detail: error.reason)
    }
    if !bytes.isEmpty { return bytes }
    _ = try await end(deadline: deadline)
    return nil
  }

  /// Waits until `ssh` has ended.
  /// - Returns: the command's exit code.
  /// - Throws: `DeviceError` when the way to the board ended first; as ``read(deadline:)``.
  @discardableResult
  func end(deadline: Deadline? = nil) async throws -> Int32 {
    _ = try await child.waitForExit(deadline: deadline)
    await errorReader.value
    let reading = marks.read(errorOutput.tail)
    if let code = reading.exitCode { return code }
    await connection.end()
    let words = String(decoding: reading.rest, as: UTF8.self)
    if group == nil { throw SSHConnection.failure(words, device: device) }
    let last = words.split(whereSeparator: \.isNewline).last.map(String.init)
    throw DeviceError.disconnected(
      device: device, operation: title, detail: last ?? "the ssh session ended")
  }

  /// Ends the command: first its stdin, then what is left of it on the board, then our side.
  ///
  /// sshd leaves a command alone that does not notice the end of its streams.
  func stop(killing: Bool) async {
    child.standardInput?.close()
    // A cancelled caller must not cut the grace short.
    await Task { [child, grace = Self.grace] in
      var hasEnded = false
      if !killing { hasEnded = await Self.hasEnded(child, within: grace) }
      if hasEnded { return }
      if let group { await endGroup(group, killing: killing) }
      if !killing { hasEnded = await Self.hasEnded(child, within: grace) }
      if !hasEnded { child.signalGroup(SIGKILL) }
      child.standardOutput.close()
      _ = try? await child.waitForExit(killingGroup: true)
    }.value
    errorReader.cancel()
  }

  private var group: Int32? {
    marks.read(errorOutput.head).group ?? marks.read(errorOutput.tail).group
  }

  private func endGroup(_ group: Int32, killing: Bool) async {
    var script = "kill -HUP -\(group); kill -TERM -\(group)"
    if killing { script += "; sleep 1; kill -KILL -\(group)" }
    let killer = try? await SSHCommand.start(
      "(\(script)) 2> /dev/null", over: connection, device: device, streams: .output,
      errorLimit: 4096)
    guard let killer else { return }
    if await !Self.hasEnded(killer.child, within: .seconds(5)) { killer.child.signalGroup(SIGKILL) }
  }

  private static func hasEnded(_ child: ChildProcess, within limit: Duration) async -> Bool {
    let deadline = ContinuousClock.now + limit
    return (try? await child.waitForExit(deadline: deadline, killingGroup: true)) != nil
  }
}

/// stderr: its beginning, where the command reports its process group, and its end.
private final class ErrorOutput: Sendable {
  private struct State {
    var head: [UInt8] = []
    var tail: BoundedTail
  }

  private static let headLimit = 8192
  private let state: Mutex<State>

  init(limit: Int) {
    state = Mutex(State(tail: BoundedTail(limit: limit)))
  }

  func append(_ bytes: [UInt8]) {
    state.withLock { state in
      state.head += bytes.prefix(Self.headLimit - state.head.count)
      state.tail.append(bytes)
    }
  }

  var head: [UInt8] { state.withLock { $0.head } }
  var tail: [UInt8] { state.withLock { $0.tail.bytes } }
}
