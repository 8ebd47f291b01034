import ADB
import Foundation
import POSIXSupport
import Testing

@testable import Devices

private enum EndToEnd {
  static let environment = ProcessInfo.processInfo.environment
  static let serial = environment["LATGATE_E2E"] == "1" ? environment["LATGATE_E2E_SERIAL"] : nil
}

/// Against a real adbd through a real adb server, with the `adb` program as the other opinion.
///
/// Set `LATGATE_E2E=1`, `LATGATE_E2E_SERIAL`, and the server's address as for `adb`.
@Suite(
  .enabled(
    if: EndToEnd.serial != nil,
    "set LATGATE_E2E=1 and LATGATE_E2E_SERIAL to a device that the adb server lists"),
  .serialized)
struct ADBDeviceTests {
  private let serial: String
  private let server: ADBServer
  private let device: ADBDevice

  init() throws {
    serial = try #require(EndToEnd.serial)
    server = try ADBServer(environment: EndToEnd.environment)
    device = ADBDevice(serial: serial, server: server)
  }

  /// What the `adb` program says.
  private func adb(_ arguments: String) async throws -> ExecResult {
    try await LocalDevice().exec(
      "adb -s \(shellQuote(serial)) \(arguments) < /dev/null", timeout: .seconds(60))
  }

  @Test func serverKnowsTheDevice() async throws {
    #expect(try await server.version() >= 39)
    #expect(try await server.state(of: serial) == .device)
    #expect(try await server.features(of: serial).contains("shell_v2"))
    let listed = try await LocalDevice().exec("adb devices -l", timeout: .seconds(20))
    #expect(ListedDevice.parse(list: listed.text) == (try await server.devices()))
  }

  @Test func everyExitCodeArrives() async throws {
    for code in [Int32](0...255) {
      let result = try await device.exec("exit \(code)", timeout: .seconds(30))
      #expect(result == ExecResult(exitCode: code, standardOutput: [], standardError: []))
    }
  }

  @Test(arguments: [
    "exit 3", "echo out; echo err >&2; exit 200", "printf 'a\\r\\nb\\000c'", "cat", "kill -9 $$",
    "latgate-no-such-command", "head -c 2000000 /dev/zero | tr '\\000' x; echo end >&2",
    "echo 'quoted \"text\"' $((6 * 7))",
  ])
  func shellAgreesWithAdb(command: String) async throws {
    let ours = try await device.exec(command, timeout: .seconds(60))
    let theirs = try await adb("shell \(shellQuote(command))")
    #expect(ours == theirs)
  }

  @Test func streamsAreBinaryAndBidirectional() async throws {
    let stream = try await device.stream("cat")
    try await expectEcho(of: 1_500_000, over: stream)
    await stream.close()
    await stream.close()
  }

  @Test func endedStreamTellsCodeAndErrors() async throws {
    let stream = try await device.stream("echo bad >&2; exit 5")
    #expect(try await stream.read() == nil)
    #expect(await stream.exitCode() == 5)
    #expect(await stream.standardError() == "bad\n")
    await stream.close()
  }

  @Test(arguments: [0, 1, 504, 65_536, 65_537, 5_000_000])
  func filesSurviveBothWays(size: Int) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try UserDirectories.makeDirectory(directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 13 ^ $0 >> 8) }
    try AtomicFile.write(content, to: directory + "/in", durable: false)
    let remote = "/tmp/latgate e2e,\(UUID().uuidString)"
    try await device.push(directory + "/in", to: remote, mode: 0o750)
    try await device.pull(remote, to: directory + "/out")
    #expect(try Data(contentsOf: URL(filePath: directory + "/out")) == Data(content))
    let mode = try await device.exec("stat -c %a \(shellQuote(remote))", timeout: .seconds(20))
    #expect(mode.text == "750\n")
    let theirs = try await adb("pull \(shellQuote(remote)) \(directory)/theirs")
    #expect(theirs.exitCode == 0)
    #expect(try Data(contentsOf: URL(filePath: directory + "/theirs")) == Data(content))
    _ = try await device.exec("rm \(shellQuote(remote))", timeout: .seconds(20))
  }

  @Test func missingAndForbiddenFilesAreNamed() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    let pull = await #expect(throws: DeviceError.self) {
      try await device.pull("/no/such", to: directory)
    }
    guard case .transferFailed(serial, "/no/such", let reason) = pull else {
      Issue.record("\(String(describing: pull))")
      return
    }
    #expect(reason.contains("No such file"))
    #expect(!FileManager.default.fileExists(atPath: directory))
    let push = await #expect(throws: DeviceError.self) {
      try await device.push("/etc/os-release", to: "/proc/latgate", mode: 0o644)
    }
    guard case .transferFailed(serial, "/proc/latgate", _) = push else {
      Issue.record("\(String(describing: push))")
      return
    }
  }

  @Test func aPassedLimitClosesTheCommand() async throws {
    await #expect(
      throws: DeviceError.timedOut(
        device: serial, operation: "`exec sleep 1000`", after: .milliseconds(300))
    ) { try await device.exec("exec sleep 1000", timeout: .milliseconds(300)) }
  }

  @Test func cancellingClosesTheCommand() async throws {
    let device = device
    let task = Task { try await device.exec("exec sleep 1000", timeout: .seconds(100)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func unknownDeviceListsTheKnown() async throws {
    let stranger = ADBDevice(serial: "no-such-device", server: server)
    let error = await #expect(throws: DeviceError.self) {
      try await stranger.exec("true", timeout: .seconds(20))
    }
    guard case .notFound("no-such-device", let known) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(known.contains("\(serial) (device)"))
  }

  @Test func identifiesTheDevice() async throws {
    let identity = try await device.identify()
    let release = try await adb("shell uname -r")
    #expect(identity.kernelRelease + "\n" == release.text)
    let bootID = try await adb("shell cat /proc/sys/kernel/random/boot_id")
    #expect(identity.bootID + "\n" == bootID.text)
    #expect(try await device.identifyWhenReady(timeout: .seconds(20)) == identity)
    try await device.waitUntilReady(timeout: .seconds(20))
  }
}

@Suite struct ADBServerFailureTests {
  @Test func missingProgramIsNamed() async throws {
    // Port 1 of the loopback interface has no listener.
    let server = ADBServer(address: ServerAddress(port: 1), program: "latgate-no-adb")
    await #expect(throws: ADBError.adbMissing(program: "latgate-no-adb")) {
      try await server.version(timeout: .seconds(120))
    }
  }

  @Test func serverThatCannotStartTellsWhy() async throws {
    let server = ADBServer(address: ServerAddress(port: 1), program: "false")
    await #expect(
      throws: ADBError.serverUnavailable(
        address: "127.0.0.1:1", reason: "false start-server ended with 1: ")
    ) { try await server.version(timeout: .seconds(120)) }
  }
}
