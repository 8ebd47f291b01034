import Glibc
import POSIXSupport
import Synchronization

/// A running command on this machine.
final class LocalStream: DeviceStream {
  /// Time a command has to end by itself after its stdin ended, and again after SIGTERM.
  private static let grace: Duration = .milliseconds(500)

  private let child: ChildProcess
  private let device: String
  private let errorOutput: ErrorOutput
  /// Ends with the pipe, or when cancelled.
  private let errorReader: Task<Void, Never>

  init(child: ChildProcess, device: String) {
    self.child = child
    self.device = device
    let errorOutput = ErrorOutput()
    self.errorOutput = errorOutput
    let pipe = child.standardError
    // Unread, a full pipe would stop the command.
    self.errorReader = Task {
      while let bytes = try? await pipe.read(), !bytes.isEmpty { errorOutput.append(bytes) }
    }
  }

  deinit {
    errorReader.cancel()
    child.signalGroup(SIGKILL)
  }

  func read() async throws -> [UInt8]? {
    let bytes = try await mapping("reading") { try await self.child.standardOutput.read() }
    if !bytes.isEmpty { return bytes }
    // stdout usually ends with the command: let its status be known then.
    _ = try? await child.waitForExit(deadline: ContinuousClock.now + Self.grace)
    return nil
  }

  func write(_ bytes: [UInt8]) async throws {
    try await mapping("writing") { try await self.child.standardInput?.write(bytes) }
  }

  func standardError() async -> String {
    if child.knownStatus != nil {
      // Of a command that has ended everything is in the pipe.
      errorReader.cancel()
      await errorReader.value
      while let bytes = try? child.standardError.readNow(), !bytes.isEmpty {
        errorOutput.append(bytes)
      }
    }
    return errorOutput.text
  }

  func exitCode() async -> Int32? {
    child.knownStatus?.shellCode
  }

  /// Ends stdin first: an agent then restores what it changed. What is left of the process
  /// group after that is killed.
  func close() async {
    child.standardInput?.close()
    child.standardOutput.close()
    // A cancelled caller must not cut the grace short.
    await Task { [child] in
      for signal in [SIGTERM, SIGKILL] {
        let deadline = ContinuousClock.now + Self.grace
        if (try? await child.waitForExit(deadline: deadline, killingGroup: true)) != nil { return }
        child.signalGroup(signal)
      }
      _ = try? await child.waitForExit(killingGroup: true)
    }.value
    errorReader.cancel()
  }

  private func mapping<Result: Sendable>(
    _ operation: String, _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    do {
      return try await body()
    } catch let error as SystemCallError {
      throw DeviceError.disconnected(device: device, operation: operation, detail: error.reason)
    }
  }
}

/// stderr as far as it was read.
private final class ErrorOutput: Sendable {
  private let tail = Mutex(BoundedTail(limit: 65_536))

  func append(_ bytes: [UInt8]) {
    tail.withLock { $0.append(bytes) }
  }

  var text: String { String(decoding: tail.withLock { $0.bytes }, as: UTF8.self) }
}
