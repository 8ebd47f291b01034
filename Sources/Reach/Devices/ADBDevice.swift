import ADB
import Foundation
import Glibc
import POSIXSupport

/// A device that speaks adb, whatever the way to it.
package struct ADBDevice: Device {
  package let transport: any ADBTransport
  /// Bytes of a command's stdout that are collected.
  var outputLimit = CollectedOutput.limit

  package var name: String { transport.serial }

  /// Time for opening a service and for questions to the server.
  static let answerLimit: Duration = .seconds(20)

  package init(transport: any ADBTransport) {
    self.transport = transport
  }

  /// A device of an adb server: serial number, `HOST:PORT`, or USB path, as the server lists it.
  package init(serial: String, server: ADBServer) {
    self.init(transport: ServerTransport(serial: serial, server: server))
  }

  package func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    let deadline = ContinuousClock.now + timeout
    return try await mapping(commandTitle(command), limit: timeout) {
      let shell = try await openShell(
        command, timeout: timeout, errorLimit: CollectedOutput.errorLimit)
      guard let shell else { return try await execPlainly(command, timeout: timeout) }
      defer { shell.close() }
      // Without this a command that reads stdin would never end.
      try await shell.closeStandardInput()
      var output = CollectedOutput(limit: outputLimit)
      while let bytes = try await shell.read(deadline: deadline, timeout: timeout) {
        try output.append(bytes)
      }
      guard let code = await shell.exitCode else {
        throw ADBError.disconnected(service: "shell", detail: "no exit code")
      }
      return ExecResult(
        exitCode: code, standardOutput: output.bytes, standardError: await shell.standardError)
    }
  }

  package func stream(_ command: String) async throws -> any DeviceStream {
    try await mapping(commandTitle(command), limit: Self.answerLimit) {
      guard
        let shell = try await openShell(
          command, timeout: Self.answerLimit, errorLimit: 65_536)
      else { return try await streamPlainly(command) }
      return ADBStream(shell: shell, device: self)
    }
  }

  package func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
    let file = try HostFile(reading: localPath)
    let modified = try file.modified()
    try await withSync("push to \(remotePath)") { session in
      let regularFile: UInt32 = 0o100000
      try await session.send(
        to: remotePath, mode: mode & 0o7777 | regularFile, modified: modified, from: file)
    }
    // The daemon widens the mode it is given: the owner's bits go to everybody.
    let digits = String(mode & 0o7777, radix: 8)
    let result = try await exec(
      "chmod \(digits) \(shellQuote(remotePath))", timeout: Self.answerLimit)
    if result.exitCode != 0 {
      let reason = String(decoding: result.standardError, as: UTF8.self)
      throw DeviceError.transferFailed(
        device: name, path: remotePath,
        detail: "mode \(digits): \(reason.trimmingCharacters(in: .whitespacesAndNewlines))")
    }
  }

  package func pull(_ remotePath: String, to localPath: String) async throws {
    let part = try HostFile(replacing: localPath)
    try await withSync("pull of \(remotePath)") { session in
      try await session.receive(remotePath) { try part.write($0) }
    }
    try part.commit()
  }

  package func identify() async throws -> DeviceIdentity {
    let answer = try await exec(DeviceFacts.command, timeout: .seconds(30))
    return try DeviceFacts.parse(answer.text, name: name)
  }

  package func reboot() async throws {
    let limit: Duration = .seconds(60)
    let deadline = ContinuousClock.now + limit
    try await mapping("restart", limit: limit) {
      let bootID = try await bootID()
      try await askForRestart()
      while ContinuousClock.now < deadline {
        if try await transport.state(timeout: Self.answerLimit) != .device { return }
        if let now = try? await self.bootID(), now != bootID { return }
        try await Task.sleep(for: .milliseconds(200))
      }
      throw ADBError.timedOut(service: "reboot", after: limit)
    }
  }

  package func waitUntilReady(timeout: Duration) async throws {
    try await waitUntilAnswering(timeout: timeout) { try await reconnectIfLost() }
  }

  /// Who a device is that may have to be waited for: the question itself shows whether it answers.
  package func identifyWhenReady(timeout: Duration) async throws -> DeviceIdentity {
    do {
      try await reconnectIfLost()
      let answer = try await exec(DeviceFacts.command, timeout: min(timeout, .seconds(10)))
      return try DeviceFacts.parse(answer.text, name: name)
    } catch let error as DeviceError where error.mayPass {
      try await waitUntilReady(timeout: timeout)
      return try await identify()
    }
  }

  private func askForRestart() async throws {
    do {
      let channel = try await transport.open("reboot:", timeout: Self.answerLimit)
      defer { channel.close() }
      // The device hangs up when it goes down; until then it may still answer.
      _ = try? await channel.read(deadline: ContinuousClock.now + .seconds(10))
    } catch ADBError.refused {
      // A daemon without Android's init behind it knows no restart, but its shell may.
      let command = "(reboot; sleep 5; reboot -f) > /dev/null 2>&1 < /dev/null &"
      do {
        _ = try await exec(command, timeout: Self.answerLimit)
      } catch DeviceError.disconnected {
        // It went down before it could answer.
      }
    }
  }

  private func reconnectIfLost() async throws {
    try await mapping("connecting", limit: Self.answerLimit) {
      try await transport.reconnect(timeout: Self.answerLimit)
    }
  }

  /// Nil for a daemon that is older than the shell protocol.
  private func openShell(
    _ command: String, timeout: Duration, errorLimit: Int
  ) async throws -> ShellStream? {
    let service = ShellStream.service(command)
    do {
      let channel = try await transport.open(service, timeout: timeout)
      return ShellStream(channel: channel, errorLimit: errorLimit)
    } catch ADBError.refused(_, let message) {
      // Android before 7 closes the service.
      if try await !transport.features(timeout: timeout).contains("shell_v2") { return nil }
      throw ADBError.refused(service: "shell", message: message)
    }
  }

  private func withSync(
    _ operation: String, _ body: (inout SyncSession) async throws -> Void
  ) async throws {
    try await mapping(operation, limit: Self.answerLimit) {
      let channel = try await transport.open(SyncSession.service, timeout: Self.answerLimit)
      defer { channel.close() }
      var session = SyncSession(channel: channel)
      try await onOwnThread {
        try await body(&session)
        await session.quit()
      }
    }
  }

  /// Runs a part and turns ``ADBError`` into ``DeviceError``.
  func mapping<Result: Sendable>(
    _ operation: String, limit: Duration, _ body: () async throws -> Result
  ) async throws -> Result {
    do {
      return try await body()
    } catch let error as ADBError {
      try Task.checkCancellation()
      var known: [String] = []
      if case .deviceNotFound = error { known = await transport.neighbours() }
      throw DeviceError(error, device: name, operation: operation, known: known)
    } catch let error as ExcessiveOutputError {
      throw DeviceError(error, device: name, operation: operation)
    }
  }
}
