import Glibc
import POSIXSupport

/// The machine the tool runs on. Its shell is `/bin/sh`.
package struct LocalDevice: Device {
  package let name: String

  package init(name: String = "local") {
    self.name = name
  }

  package func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    try Task.checkCancellation()
    let child = try start(command, connectsInput: false)
    do {
      return try await child.collect(deadline: ContinuousClock.now + timeout)
    } catch {
      child.signalGroup(SIGKILL)
      try Task.checkCancellation()
      switch error {
      case is TimeoutError:
        throw DeviceError.timedOut(
          device: name, operation: commandTitle(command), after: timeout)
      case let error as ExcessiveOutputError:
        throw DeviceError(error, device: name, operation: commandTitle(command))
      default:
        throw DeviceError.disconnected(
          device: name, operation: commandTitle(command), detail: "\(error)")
      }
    }
  }

  package func stream(_ command: String) async throws -> any DeviceStream {
    LocalStream(child: try start(command, connectsInput: true), device: name)
  }

  package func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
    try await copy(localPath, to: remotePath, mode: mode, makesDirectory: true)
  }

  package func pull(_ remotePath: String, to localPath: String) async throws {
    try await copy(remotePath, to: localPath, mode: 0o644, makesDirectory: false)
  }

  package func identify() async throws -> DeviceIdentity {
    let answer = try await exec(DeviceFacts.command, timeout: .seconds(30))
    return try DeviceFacts.parse(answer.text, name: name)
  }

  /// Always refused.
  package func reboot() async throws {
    throw DeviceError.unsupported(
      device: name, detail: "latgate does not restart the machine it runs on",
      remedy: "use a suite whose workload does not restart the device")
  }

  /// This machine is always ready.
  package func waitUntilReady(timeout: Duration) async throws {}

  private func copy(
    _ source: String, to target: String, mode: UInt32, makesDirectory: Bool
  ) async throws {
    do {
      try await offloaded {
        if makesDirectory, let slash = target.lastIndex(of: "/"), slash > target.startIndex {
          try UserDirectories.makeDirectory(String(target[..<slash]), mode: 0o755)
        }
        try AtomicFile.copy(source, to: target, mode: mode)
      }
    } catch let error as SystemCallError {
      throw DeviceError.hostFile(path: error.subject, detail: "\(error.call): \(error.reason)")
    }
  }

  private func start(_ command: String, connectsInput: Bool) throws(DeviceError) -> ChildProcess {
    do {
      return try ChildProcess.spawn(
        "/bin/sh", arguments: ["-c", command], connectsInput: connectsInput)
    } catch {
      throw .commandFailed(
        device: name, command: "/bin/sh", exitCode: 127, message: error.description)
    }
  }
}
