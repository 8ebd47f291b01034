import Foundation
import POSIXSupport
import Testing

@testable import Devices

@Suite struct LocalDeviceTests {
  private let device = LocalDevice()

  @Test(arguments: [0, 1, 7, 126, 127, 128, 200, 255])
  func exitCodesAndStreams(code: Int32) async throws {
    let result = try await device.exec(
      "echo out; echo err >&2; exit \(code)", timeout: .seconds(20))
    #expect(
      result
        == ExecResult(
          exitCode: code, standardOutput: Array("out\n".utf8),
          standardError: Array("err\n".utf8)))
  }

  @Test func quotedWordsArriveUnchanged() async throws {
    // The last apostrophe has a mark after it that combines with it.
    let text = "a 'b' \"c\" $HOME `x` \\ \n*;&| '\u{301};exit 9 #"
    let result = try await device.exec(
      "printf %s \(shellQuote(text))", timeout: .seconds(20))
    #expect(result.text == text)
  }

  @Test func aBackgroundProcessDoesNotHoldTheAnswer() async throws {
    let result = try await device.exec(
      "sleep 1000 & echo $!; exit 3", timeout: .seconds(20))
    #expect(result.exitCode == 3)
    let processID = try #require(Int32(result.text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(processID, SIGKILL) == 0)
  }

  @Test func largeOutputIsWhole() async throws {
    let result = try await device.exec(
      "head -c 3000000 /dev/zero; head -c 200000 /dev/zero >&2", timeout: .seconds(30))
    #expect(result.standardOutput.count == 3_000_000)
    #expect(result.standardError.count == 200_000)
  }

  @Test func outputWithoutEndIsNotCollected() async throws {
    let child = try ChildProcess.spawn("yes", arguments: [])
    await #expect(throws: ExcessiveOutputError(limit: 100_000)) {
      try await child.collect(deadline: ContinuousClock.now + .seconds(60), limit: 100_000)
    }
    let error = DeviceError(
      ExcessiveOutputError(limit: 256 << 20), device: "local", operation: "`yes`")
    #expect("\(error)".hasPrefix("device local: `yes` printed more than 256 MiB; let it"))
    #expect(error.exitCode == 69)
  }

  @Test func aPassedLimitEndsTheCommand() async throws {
    await #expect(
      throws: DeviceError.timedOut(device: "local", operation: "`exec sleep 1000`", after: .zero)
    ) { try await device.exec("exec sleep 1000", timeout: .zero) }
  }

  @Test func streamIsBidirectionalAndKnowsItsEnd() async throws {
    let stream = try await device.stream("cat; echo bad >&2; exit 5")
    try await stream.write(Array("ping".utf8))
    #expect(try await stream.read() == Array("ping".utf8))
    #expect(await stream.exitCode() == nil)
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

  @Test func closingEndsTheWholeGroup() async throws {
    let stream = try await device.stream("trap '' TERM; sleep 1000 & echo $!; wait")
    let line = try #require(try await stream.read())
    let text = String(decoding: line, as: UTF8.self)
    let processID = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(processID, 0) == 0)
    await stream.close()
    // Killed with its group: the signal is sent, and the kernel ends it when it runs next. Its new
    // parent may need a moment to reap it.
    func isGone() -> Bool {
      let status = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)
      return status == nil || status?.contains(") Z ") == true
    }
    let deadline = ContinuousClock.now + .seconds(60)
    while !isGone(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    #expect(isGone())
  }

  @Test func filesAreCopiedWithTheirMode() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await device.push("/etc/os-release", to: directory + "/new/os", mode: 0o751)
    try await device.pull(directory + "/new/os", to: directory + "/back")
    #expect(
      try Data(contentsOf: URL(filePath: directory + "/back"))
        == Data(contentsOf: URL(filePath: "/etc/os-release")))
    let result = try await device.exec("stat -c %a \(directory)/new/os", timeout: .seconds(20))
    #expect(result.text == "751\n")
  }

  @Test func missingFileIsNamed() async throws {
    await #expect(
      throws: DeviceError.hostFile(path: "/no/such", detail: "open: No such file or directory")
    ) { try await device.push("/no/such", to: "/tmp/never", mode: 0o644) }
  }

  @Test func identifiesThisMachine() async throws {
    let identity = try await device.identify()
    let bootID = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    #expect(identity.bootID + "\n" == bootID)
    let release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    #expect(identity.kernelRelease + "\n" == release)
    #expect(!identity.fingerprint.isEmpty)
  }

  @Test func neverRestartsThisMachine() async throws {
    let error = await #expect(throws: DeviceError.self) { try await device.reboot() }
    guard case .unsupported = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
