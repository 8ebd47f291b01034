import ADB
import POSIXSupport

// Devices whose daemon is older than the shell protocol.
extension ADBDevice {
  package func limitation() async throws -> String? {
    try await mapping("asking for its features", limit: Self.answerLimit) {
      try await transport.features(timeout: Self.answerLimit).contains("shell_v2")
        ? nil : "its adbd has no shell_v2: exit codes by a mark, no messages of running commands"
    }
  }

  /// Runs a command to its end.
  /// - Throws: `ADBError`.
  func execPlainly(_ command: String, timeout: Duration) async throws -> ExecResult {
    let shell = PlainShell()
    let deadline = ContinuousClock.now + timeout
    let channel = try await openPlainly(
      shell.service(command, quote: shellQuote), timeout: timeout)
    defer { channel.close() }
    // stderr comes on the same way.
    var collected = CollectedOutput(limit: outputLimit)
    do {
      while case let more = try await channel.read(deadline: deadline), !more.isEmpty {
        try collected.append(more)
      }
    } catch is TimeoutError {
      throw ADBError.timedOut(service: "exec", after: timeout)
    } catch let error as SystemCallError {
      throw ADBError.disconnected(service: "exec", detail: error.reason)
    }
    guard let made = shell.read(collected.bytes) else {
      throw ADBError.disconnected(
        service: "exec", detail: "the connection ended before the command did")
    }
    return ExecResult(
      exitCode: made.exitCode, standardOutput: made.standardOutput,
      standardError: made.standardError)
  }

  /// - Throws: `ADBError`.
  func streamPlainly(_ command: String) async throws -> any DeviceStream {
    PlainStream(
      channel: try await openPlainly(
        PlainShell.streamService(command, quote: shellQuote), timeout: Self.answerLimit),
      device: self)
  }

  private func openPlainly(_ service: String, timeout: Duration) async throws -> any ByteChannel {
    do {
      return try await transport.open(service, timeout: timeout)
    } catch ADBError.refused {
      throw ADBError.missingFeature(serial: name, feature: "shell_v2 and no exec:")
    }
  }
}

/// A running command whose end is not reported.
private struct PlainStream: DeviceStream {
  let channel: any ByteChannel
  let device: ADBDevice

  func read() async throws -> [UInt8]? {
    let bytes = try await mapping("reading") { try await channel.read(deadline: nil) }
    return bytes.isEmpty ? nil : bytes
  }

  func write(_ bytes: [UInt8]) async throws {
    try await mapping("writing") { try await channel.write(bytes, deadline: nil) }
  }

  func standardError() async -> String { "" }

  func exitCode() async -> Int32? { nil }

  func close() async { channel.close() }

  private func mapping<Result: Sendable>(
    _ operation: String, _ body: () async throws -> Result
  ) async throws -> Result {
    try await device.mapping(operation, limit: .zero) {
      do {
        return try await body()
      } catch let error as SystemCallError {
        throw ADBError.disconnected(service: "exec", detail: error.reason)
      }
    }
  }
}
