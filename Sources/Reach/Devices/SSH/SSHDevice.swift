import Foundation
import POSIXSupport

/// A board that is reached by the system's `ssh`.
///
/// Files go through `cat` in a session of their own rather than `scp`: small boards often have
/// neither an sftp server nor `scp`, and what arrives can be checked before it takes its name.
package struct SSHDevice: Device {
  package let name: String
  let connection: SSHConnection

  private static let answerLimit: Duration = .seconds(30)

  /// Nothing is connected yet. The name is the address unless given.
  package init(target: SSHTarget, name: String? = nil) {
    let name = name ?? "ssh:\(target.text)"
    self.name = name
    connection = SSHConnection(target: target, device: name)
  }

  package func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    try Task.checkCancellation()
    let deadline = ContinuousClock.now + timeout
    let running = try await SSHCommand.start(
      command, over: connection, device: name, streams: .output,
      errorLimit: CollectedOutput.errorLimit)
    return try await finishing(running, commandTitle(command), limit: timeout) {
      var output = CollectedOutput(limit: CollectedOutput.limit)
      while let bytes = try await running.read(deadline: deadline) { try output.append(bytes) }
      return ExecResult(
        exitCode: try await running.end(deadline: deadline), standardOutput: output.bytes,
        standardError: running.standardError)
    }
  }

  package func stream(_ command: String) async throws -> any DeviceStream {
    SSHStream(
      command: try await SSHCommand.start(
        command, over: connection, device: name, streams: .both, errorLimit: 65_536),
      device: name)
  }

  package func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
    let size = try HostFile(reading: localPath).size()
    let part = shellQuote("\(remotePath).\(UUID().uuidString.prefix(8)).part")
    let target = shellQuote(remotePath)
    let digits = String(mode & 0o7777, radix: 8)
    let directory = remotePath.lastIndex(of: "/").map { String(remotePath[..<$0]) } ?? ""
    // A connection that breaks looks like the end of the file: the size decides.
    let script = """
      umask 077
      \(directory.isEmpty ? ":" : "[ -d \(shellQuote(directory)) ] || mkdir -p \(shellQuote(directory))")
      cat > \(part) && [ "$(wc -c < \(part))" -eq \(size) ] && chmod \(digits) \(part) && \
      mv -f \(part) \(target) && exit 0
      rm -f \(part)
      exit 1
      """
    try await transfer(script, streams: .input(localPath), path: remotePath)
  }

  package func pull(_ remotePath: String, to localPath: String) async throws {
    let part = try HostFile(replacing: localPath)
    try await transfer(
      "exec cat \(shellQuote(remotePath))", streams: .outputFile(part.workingPath),
      path: remotePath)
    try part.commit()
  }

  package func identify() async throws -> DeviceIdentity {
    let answer = try await exec(DeviceFacts.command, timeout: Self.answerLimit)
    return try DeviceFacts.parse(answer.text, name: name)
  }

  package func reboot() async throws {
    try await restart { try await exec($0, timeout: Self.answerLimit) }
  }

  package func waitUntilReady(timeout: Duration) async throws {
    try await waitUntilAnswering(timeout: timeout) {}
  }

  private func transfer(
    _ script: String, streams: SSHCommand.Streams, path: String
  ) async throws {
    let title = "copying \(path)"
    let running = try await SSHCommand.start(
      script, over: connection, device: name, streams: streams, errorLimit: 65_536, title: title)
    let code = try await finishing(running, title, limit: .zero) { try await running.end() }
    guard code == 0 else {
      let words = String(decoding: running.standardError, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      throw DeviceError.transferFailed(
        device: name, path: path, detail: words.isEmpty ? "ended with \(code)" : words)
    }
  }

  /// Leaves nothing running on the board when a command is given up.
  private func finishing<Value>(
    _ running: SSHCommand, _ title: String, limit: Duration, _ body: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await body()
    } catch {
      await running.stop(killing: true)
      try Task.checkCancellation()
      if error is TimeoutError {
        throw DeviceError.timedOut(device: name, operation: title, after: limit)
      }
      if let error = error as? ExcessiveOutputError {
        throw DeviceError(error, device: name, operation: title)
      }
      throw error
    }
  }
}

extension SSHDevice: RestartsByCommand {
  func restart(by run: (String) async throws -> ExecResult) async throws {
    let before = try await bootID()
    let made = try await run(
      """
      PATH=$PATH:/sbin:/usr/sbin
      [ "$(id -u)" = 0 ] || { echo "not root" >&2; exit 1; }
      (trap '' HUP; sleep 1; reboot || reboot -f) > /dev/null 2>&1 < /dev/null &
      """)
    guard made.exitCode == 0 else {
      throw DeviceError.unsupported(
        device: name, detail: "its user may not restart it",
        remedy: "log in as root, give `privilege: su` a way, or write a `reboot` hook")
    }
    try await waitUntilGone(bootID: before)
    await connection.end()
  }
}
