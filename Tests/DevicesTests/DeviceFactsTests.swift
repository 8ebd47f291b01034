import ADB
import Foundation
import Testing

@testable import Devices

@Suite struct DeviceFactsTests {
  @Test func androidDeviceIsReadThroughNoise() throws {
    let answer = """
      WARNING: linker: unused DT entry\r
      latgate:machine=armv8l\r
      latgate:release=5.10.157-android13-4-00003-gdeadbeef\r
      latgate:version=#1 SMP PREEMPT Thu Jan 1 00:00:00 UTC 1970\r
      latgate:node=localhost\r
      latgate:boot_id=0e5a2a52-0000-4000-8000-00000000000a\r
      latgate:address=ffffffc008000000\r
      latgate:serial=0A1B2C\r
      latgate:model=Set Top=Box 4\r
      latgate:fingerprint=vendor/box/box:13/TP1A/7:userdebug/test-keys\r
      latgate:os=\r
      """
    #expect(
      try DeviceFacts.parse(answer, name: "10.0.0.5:6555")
        == DeviceIdentity(
          serial: "0A1B2C", model: "Set Top=Box 4",
          fingerprint: "vendor/box/box:13/TP1A/7:userdebug/test-keys",
          kernelRelease: "5.10.157-android13-4-00003-gdeadbeef",
          kernelVersion: "#1 SMP PREEMPT Thu Jan 1 00:00:00 UTC 1970", abi: "arm64",
          bootID: "0e5a2a52-0000-4000-8000-00000000000a"))
  }

  /// What a machine of such names says, with its files in a directory and a shell function for uname.
  private func lines(ofFilesIn directory: String) async throws -> [Substring] {
    let uname = """
      uname() {
      echo "uname $1" >&2
      case $1 in -v) echo '#1 SMP';; -m) echo aarch64;; *) echo 'my * board 6.1.0 aarch64';; esac
      }

      """
    let script = DeviceFacts.command.replacing("/proc/sys/kernel\n", with: "\(directory)\n")
    try #require(script != DeviceFacts.command)
    let answer = try await LocalDevice().exec(uname + script, timeout: .seconds(20))
    let calls = String(decoding: answer.standardError, as: UTF8.self).split(separator: "\n")
    return answer.text.split(separator: "\n") + calls.filter { $0.hasPrefix("uname") }
  }

  @Test func theKernelsNamesAreReadWithoutAProcess() async throws {
    let directory = NSTemporaryDirectory() + "latgate-names-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    func write(_ text: String, _ file: String) throws {
      try "\(text)\n".write(
        toFile: "\(directory)/\(file)", atomically: true, encoding: .utf8)
    }
    try write("my * board", "hostname")
    try write("6.1.0", "osrelease")
    try write("#1 SMP ", "version")
    // Before 6.1.
    let older = try await lines(ofFilesIn: directory)
    try write("aarch64", "arch")
    let now = try await lines(ofFilesIn: directory)
    for lines in [older, now] {
      #expect(lines.contains("latgate:node=my * board"))
      #expect(lines.contains("latgate:release=6.1.0"))
      #expect(lines.contains("latgate:machine=aarch64"))
      #expect(lines.contains("latgate:version=#1 SMP "))
    }
    #expect(older.filter { $0.hasPrefix("uname") } == ["uname -m"])
    #expect(!now.contains { $0.hasPrefix("uname") })
  }

  @Test func theNodesNameMayHoldBlanksAndPatterns() async throws {
    let lines = try await lines(ofFilesIn: "/no/such")
    #expect(lines.contains("latgate:node=my * board"))
    #expect(lines.contains("latgate:release=6.1.0"))
    #expect(lines.contains("latgate:machine=aarch64"))
    #expect(lines.contains("latgate:version=#1 SMP"))
  }

  @Test func scriptsAreCalledByWhatTheyAreFor() {
    #expect(commandTitle("uname -a") == "`uname -a`")
    #expect(commandTitle("first\nsecond") == "`first`")
    #expect(commandTitle(DeviceFacts.command) == "identification")
    for way in RootWay.allCases {
      #expect(commandTitle(way.line(DeviceFacts.command)) == "identification")
      #expect(commandTitle(way.line(titled("a look", "echo 'a b'"))) == "a look")
    }
  }

  @Test func exitCodesTellDevicesFromWhatWasWritten() {
    func code(_ error: ADBError) -> Int32 {
      DeviceError(error, device: "x", operation: "shell").exitCode
    }
    #expect(code(.deviceNotFound(serial: "x")) == 69)
    #expect(code(.refused(service: "shell", message: "closed")) == 69)
    #expect(code(.badServerAddress(variable: "ADB_SERVER_SOCKET", value: "x")) == 64)
    #expect(code(.adbMissing(program: "adb")) == 70)
    #expect(code(.badKey(file: "/k", detail: "no key")) == 65)
    #expect(DeviceError.hostFile(path: "/x", detail: "not found").exitCode == 65)
  }

  @Test func errorsOfAdbHaveWords() {
    #expect(
      "\(ADBError.refused(service: "shell,v2:x", message: "closed"))".contains("refused: closed"))
    #expect(
      "\(ADBError.offline(serial: "A B", state: "offline"))".contains("adb -s 'A B' reconnect"))
  }

  @Test func plainLinuxIsNamedByItsDistribution() throws {
    let answer = """
      latgate:machine=armv7l
      latgate:release=5.10.0-32-armmp
      latgate:version=#1 SMP
      latgate:node=board
      latgate:boot_id=1
      latgate:board=Some Board
      latgate:os=Debian GNU/Linux 11 (bullseye)
      """
    let identity = try DeviceFacts.parse(answer, name: "tcp")
    #expect(identity.serial == "tcp")
    #expect(identity.model == "Some Board")
    #expect(identity.fingerprint == "Debian GNU/Linux 11 (bullseye)")
    #expect(identity.abi == "armv7")
  }

  @Test func missingFactsAreNamed() {
    #expect(
      throws: DeviceError.malformedAnswer(
        device: "d", operation: "identification", detail: "it does not report its machine")
    ) { try DeviceFacts.parse("/system/bin/sh: syntax error\n", name: "d") }
  }

  @Test(arguments: [
    ("aarch64", "", "arm64"), ("x86_64", "", "x86_64"), ("armv7l", "c0008000", "armv7"),
    ("armv7l", "", "armv7"), ("armv7l", "0000000000000000", "arm64"),
    ("armv8l", "0000000000000000", "arm64"), ("armv8l", "00000000", "armv7"),
    ("armv8l", "", "arm64"), ("i686", "0000000000000000", "x86_64"), ("i686", "00000000", nil),
    ("riscv64", "0000000000000000", nil),
  ])
  func architectureIsTheKernels(machine: String, address: String, abi: String?) {
    #expect(DeviceFacts.abi(machine: machine, kernelAddress: address) == abi)
  }

  @Test func errorsSayWhatToDo() {
    #expect(
      DeviceError.notFound(device: "X", known: ["A (device)", "B (offline)"]).description
        == "device X: not found; choose one of A (device), B (offline)")
    #expect(
      DeviceError.timedOut(device: "X", operation: "`sleep`", after: .milliseconds(1500))
        .description
        == "device X: `sleep` took longer than 1s 500ms; check that the device still answers, "
        + "or allow more time")
  }

  @Test(arguments: [
    ("plain-1.0/x", "plain-1.0/x"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"),
    ("$(reboot)", "'$(reboot)'"), ("ä", "'ä'"),
  ])
  func quoting(text: String, quoted: String) {
    #expect(shellQuote(text) == quoted)
  }
}
