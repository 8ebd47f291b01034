import POSIXSupport

/// A running command on a board behind ssh.
struct SSHStream: DeviceStream {
  let command: SSHCommand
  let device: String

  func read() async throws -> [UInt8]? {
    try await command.read()
  }

  func write(_ bytes: [UInt8]) async throws {
    do {
      try await command.child.standardInput?.write(bytes)
    } catch let error as SystemCallError {
      throw DeviceError.disconnected(device: device, operation: "writing", detail: error.reason)
    }
  }

  func standardError() async -> String {
    String(decoding: command.standardError, as: UTF8.self)
  }

  func exitCode() async -> Int32? {
    command.exitCode
  }

  func close() async {
    await command.stop(killing: false)
  }
}
