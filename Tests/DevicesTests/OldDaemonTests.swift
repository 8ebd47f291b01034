import ADB
import Foundation
import POSIXSupport
import Testing

@testable import Devices

/// A daemon from before Android 7, with this machine's shell behind it.
private struct OldDaemon: ADBTransport {
  let serial = "old"
  /// Whether it has `exec:`, as from Android 5 on.
  var hasExec = true

  /// Both ends of a command as one channel; stderr goes with stdout, as there.
  private final class Command: ByteChannel {
    private let child: ChildProcess

    init(_ child: ChildProcess) { self.child = child }

    func read(deadline: Deadline?) async throws -> [UInt8] {
      try await child.standardOutput.read(upTo: 65_536, deadline: deadline)
    }

    func write(_ bytes: [UInt8], deadline: Deadline?) async throws {
      try await child.standardInput?.write(bytes, deadline: deadline)
    }

    func close() { child.signalGroup(SIGKILL) }
  }

  func open(_ service: String, timeout: Duration) async throws -> any ByteChannel {
    guard hasExec, service.hasPrefix("exec:") else {
      throw ADBError.refused(service: service, message: "closed")
    }
    let command = String(service.dropFirst("exec:".count))
    return Command(
      try ChildProcess.spawn(
        "/bin/sh", arguments: ["-c", "exec 2>&1; " + command], connectsInput: true))
  }

  func features(timeout: Duration) async throws -> Set<String> { ["cmd"] }
  func state(timeout: Duration) async throws -> DeviceState? { .device }
  func reconnect(timeout: Duration) async throws {}
  func wait(until state: AwaitedState, timeout: Duration) async throws {}
  func isSlow() async -> Bool { false }
  func neighbours() async -> [String] { [] }
}

@Suite struct OldDaemonTests {
  private let device = ADBDevice(transport: OldDaemon())

  @Test(arguments: [
    ("exit 3", Int32(3), "", ""), ("echo out; echo err >&2; exit 200", 200, "out\n", "err"),
    ("printf 'a\\r\\nb'", 0, "a\r\nb", ""), ("kill -9 $$", 137, "", ""),
    ("cat", 0, "", ""), ("printf '\\nlatgate-0 5\\n'; exit 7", 7, "\nlatgate-0 5\n", ""),
    ("echo \"it's\" '\"x\"' $((6 * 7))", 0, "it's \"x\" 42\n", ""),
  ])
  func everyExitCodeAndStreamArrives(
    command: String, code: Int32, output: String, errors: String
  ) async throws {
    let made = try await device.exec(command, timeout: .seconds(20))
    #expect(made.exitCode == code)
    #expect(made.text == output)
    let said = String(decoding: made.standardError, as: UTF8.self)
    // A shell may also print a message about the signal.
    #expect(command.hasPrefix("kill") || said == errors)
  }

  @Test func muchOutputIsWhole() async throws {
    let made = try await device.exec(
      "head -c 2000000 /dev/zero | tr '\\000' x; echo end >&2", timeout: .seconds(30))
    #expect(made.standardOutput.count == 2_000_000 && made.standardOutput.allSatisfy { $0 == 0x78 })
    #expect(made.standardError == Array("end".utf8))
  }

  private func limited(to bytes: Int) -> ADBDevice {
    var made = device
    made.outputLimit = bytes
    return made
  }

  @Test func outputWithoutEndIsNotCollected() async throws {
    let small = limited(to: 1 << 20)
    await #expect(
      throws: DeviceError(ExcessiveOutputError(limit: 1 << 20), device: "old", operation: "`yes`")
    ) { _ = try await small.exec("yes", timeout: .seconds(60)) }
  }

  @Test func aCommandThatDoesNotEndIsGivenUp() async throws {
    await #expect(
      throws: DeviceError.timedOut(
        device: "old", operation: "`sleep 100`", after: .milliseconds(200))
    ) { _ = try await device.exec("sleep 100", timeout: .milliseconds(200)) }
  }

  @Test func streamsCarryBytesBothWaysAndNoMessages() async throws {
    let stream = try await device.stream("echo noise >&2; exec cat")
    try await expectEcho(of: 300_000, over: stream)
    await stream.close()
    #expect(await stream.exitCode() == nil)
  }

  @Test func recordsSayHowItWasReached() async throws {
    let said = try await device.limitation()
    #expect(said?.contains("no shell_v2") == true)
    let wrapped = PrivilegedDevice(device, wish: .shell, cache: nil)
    #expect(try await wrapped.limitation() == said)
    #expect(try await LocalDevice().limitation() == nil)
  }

  @Test func aDaemonWithoutExecIsUnsupported() async throws {
    let older = ADBDevice(transport: OldDaemon(hasExec: false))
    let error = await #expect(throws: DeviceError.self) {
      _ = try await older.exec("true", timeout: .seconds(5))
    }
    #expect("\(error as Any)".contains("latgate needs Android 5"))
  }
}
