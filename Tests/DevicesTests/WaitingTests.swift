import Testing

@testable import Devices

/// A device whose shell says what the test wrote down.
private struct TalkingDevice: Device {
  let name = "board-7"
  var answer: ExecResult

  func exec(_ command: String, timeout: Duration) async throws -> ExecResult { answer }

  func stream(_ command: String) async throws -> any DeviceStream {
    try await LocalDevice().stream(command)
  }

  func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {}
  func pull(_ remotePath: String, to localPath: String) async throws {}
  func identify() async throws -> DeviceIdentity { try await LocalDevice().identify() }
  func reboot() async throws {}
  func waitUntilReady(timeout: Duration) async throws {}
}

@Suite struct WaitingTests {
  @Test(arguments: [
    ("Welcome to the board\nready\n", "", Int32(0), "“Welcome to the board”"),
    ("", "sh: can't fork\n", 2, "“sh: can't fork”"), ("", "", 1, "nothing, and exit code 1"),
  ])
  func aShellThatSaysSomethingElseIsNamed(
    output: String, errors: String, code: Int32, detail: String
  ) async throws {
    let device = TalkingDevice(
      answer: ExecResult(
        exitCode: code, standardOutput: Array(output.utf8), standardError: Array(errors.utf8)))
    await #expect(
      throws: DeviceError.malformedAnswer(
        device: "board-7", operation: "`echo ready`", detail: detail)
    ) { try await device.waitUntilAnswering(timeout: .seconds(1)) {} }
  }
}
