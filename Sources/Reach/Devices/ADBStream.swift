import ADB

/// A running command on an adb device.
struct ADBStream: DeviceStream {
  let shell: ShellStream
  let device: ADBDevice

  func read() async throws -> [UInt8]? {
    try await device.mapping("reading", limit: .zero) { try await shell.read() }
  }

  func write(_ bytes: [UInt8]) async throws {
    try await device.mapping("writing", limit: .zero) { try await shell.write(bytes) }
  }

  func standardError() async -> String {
    String(decoding: await shell.standardError, as: UTF8.self)
  }

  func exitCode() async -> Int32? {
    await shell.exitCode
  }

  func close() async {
    shell.close()
  }
}
