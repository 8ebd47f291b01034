import Foundation
import Testing

@testable import Devices

/// This machine as a device whose shell is no root, with a `su` that asks nothing, and without a
/// directory for temporary files.
private struct NoTemporaryDirectory: Device {
  let name = "board-7"
  /// Has `su` and `id`.
  let programs: String
  private let local = LocalDevice()

  init(programs: String) throws {
    self.programs = programs
    let scripts = ["su": "shift; exec \"$@\"", "id": "echo 0"]
    try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
    for (name, line) in scripts {
      let path = "\(programs)/\(name)"
      try Data("#!/bin/sh\n\(line)\n".utf8).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
  }

  func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    try await local.exec(
      "export PATH=\(programs):$PATH TMPDIR=/no/such/directory; \(command)", timeout: timeout)
  }

  func stream(_ command: String) async throws -> any DeviceStream {
    try await local.stream(command)
  }

  func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {}
  func pull(_ remotePath: String, to localPath: String) async throws {}

  func identify() async throws -> DeviceIdentity {
    var identity = try await local.identify()
    identity.userID = 2000
    return identity
  }

  func reboot() async throws {}
  func waitUntilReady(timeout: Duration) async throws {}
}

@Suite struct ScratchFileTests {
  @Test func aDeviceWithoutRoomForACopyIsNamed() async throws {
    let programs = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: programs) }
    let device = PrivilegedDevice(
      try NoTemporaryDirectory(programs: programs), wish: .su, cache: nil)
    let error = await #expect(throws: DeviceError.self) {
      try await device.push("/etc/hostname", to: "/x", mode: 0o644)
    }
    guard case .transferFailed("board-7", let path, let detail) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path.hasPrefix("latgate-copy-"))
    #expect(detail.contains("/no/such/directory"))
  }
}
