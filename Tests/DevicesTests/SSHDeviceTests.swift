import Foundation
import POSIXSupport
import SSHPeer
import Testing

@testable import Devices

/// Against a real OpenSSH server on this machine. Set `LATGATE_E2E=1`, as root.
@Suite(.enabled(if: SSHPeer.isEnabled, "set LATGATE_E2E=1, as root"), .serialized)
struct SSHDeviceTests {
  private static let shared = Task { try await SSHPeer.start() }
  private let peer: SSHPeer
  private let device: SSHDevice

  init() async throws {
    peer = try await Self.shared.value
    device = Self.device(peer, user: "root")
  }

  private static func device(_ peer: SSHPeer, user: String) -> SSHDevice {
    SSHDevice(
      target: SSHTarget(
        user: user, host: "127.0.0.1", port: peer.port, configuration: peer.configuration))
  }

  @Test func everyExitCodeArrives() async throws {
    let board = Self.device(peer, user: "board")
    for code in [Int32](0...255) {
      let result = try await board.exec("exit \(code)", timeout: .seconds(30))
      #expect(result == ExecResult(exitCode: code, standardOutput: [], standardError: []))
    }
  }

  @Test(arguments: [
    "exit 3", "echo out; echo err >&2; exit 200", "printf 'a\\r\\nb\\000c'", "cat", "kill -9 $$",
    "latgate-no-such-command", "printf 'no end' >&2; exit 255", "kill -TERM $$",
    "echo 'quoted \"text\"' $((6 * 7)) \"${LATGATE_UNSET-a  b}\" \\\\ \\' `echo x`",
  ])
  func theShellIsAsOnThisMachine(command: String) async throws {
    let far = try await device.exec(command, timeout: .seconds(30))
    let near = try await LocalDevice().exec(command, timeout: .seconds(30))
    #expect(far.exitCode == near.exitCode)
    #expect(far.text == near.text)
    let words = String(decoding: far.standardError, as: UTF8.self)
    // The shell that waits for a killed one may say so.
    let isKilled = command.hasPrefix("kill")
    #expect(isKilled || words.isEmpty == near.standardError.isEmpty, "\(words)")
    #expect(!words.contains("latgate-") || command.hasPrefix("latgate-"))
  }

  @Test func muchOutputIsWholeAndStderrApart() async throws {
    let result = try await device.exec(
      "head -c 10000000 /dev/zero | tr '\\000' x; head -c 3000000 /dev/zero | tr '\\000' e >&2",
      timeout: .seconds(60))
    #expect(result.standardOutput == [UInt8](repeating: UInt8(ascii: "x"), count: 10_000_000))
    #expect(result.standardError == [UInt8](repeating: UInt8(ascii: "e"), count: 3_000_000))
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

  @Test(arguments: [0, 1, 65_536, 1 << 20, 200_000_000])
  func filesSurviveBothWays(size: Int) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try UserDirectories.makeDirectory(directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var content = Data(count: size)
    content.withUnsafeMutableBytes { bytes in
      for place in stride(from: 0, to: bytes.count, by: 997) {
        bytes[place] = UInt8(truncatingIfNeeded: place &* 13)
      }
    }
    try content.write(to: URL(filePath: directory + "/in"))
    let remote = "/home/board/new directory/it's,\(size)"
    try await device.push(directory + "/in", to: remote, mode: 0o751)
    try await device.pull(remote, to: directory + "/out")
    #expect(try Data(contentsOf: URL(filePath: directory + "/out")) == content)
    let mode = try await device.exec("stat -c %a \(shellQuote(remote))", timeout: .seconds(20))
    #expect(mode.text == "751\n")
    let left = try await device.exec(
      "rm -r '/home/board/new directory'; ls /home/board | wc -l", timeout: .seconds(20))
    #expect(left.text == "0\n")
  }

  @Test func missingAndForbiddenFilesAreNamed() async throws {
    let pull = await #expect(throws: DeviceError.self) {
      try await device.pull("/no/such", to: "/tmp/latgate-never")
    }
    guard case .transferFailed(device.name, "/no/such", let reason) = pull else {
      Issue.record("\(String(describing: pull))")
      return
    }
    #expect(reason.contains("No such file"))
    #expect(!FileManager.default.fileExists(atPath: "/tmp/latgate-never"))
    let push = await #expect(throws: DeviceError.self) {
      try await Self.device(peer, user: "board").push("/etc/hosts", to: "/etc/x", mode: 0o644)
    }
    guard case .transferFailed(_, "/etc/x", _) = push else {
      Issue.record("\(String(describing: push))")
      return
    }
  }

  @Test func aBrokenConnectionIsReportedAndMadeAnew() async throws {
    let stream = try await device.stream("echo $PPID; exec sleep 1000")
    let line = try #require(try await stream.read())
    // The parent of the session's shell is its sshd. Of an unprivileged user it is a second one.
    let shell = try #require(
      Int32(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)))
    let status = try String(contentsOfFile: "/proc/\(shell)/stat", encoding: .utf8)
    let fields = status[(status.lastIndex(of: ")") ?? status.startIndex)...].split(separator: " ")
    let daemon = try #require(Int32(fields[2]))
    let name = try String(contentsOfFile: "/proc/\(daemon)/comm", encoding: .utf8)
    try #require(name == "sshd\n")
    kill(daemon, SIGKILL)
    let error = await #expect(throws: DeviceError.self) { while try await stream.read() != nil {} }
    guard case .disconnected(device.name, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    await stream.close()
    // No process is left to end the command: its session's group is the shell's own.
    kill(-shell, SIGKILL)
    #expect(try await device.exec("echo again", timeout: .seconds(20)).text == "again\n")
  }

  @Test func aPushThatIsCutLeavesNothing() async throws {
    let path = "/home/board/cut"
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try UserDirectories.makeDirectory(directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    // A pipe that stays open: the copy hangs in the middle.
    mkfifo(directory + "/in", 0o600)
    let holder = open(directory + "/in", O_RDWR)
    defer { close(holder) }
    let task = Task { try await device.push(directory + "/in", to: path, mode: 0o644) }
    let deadline = ContinuousClock.now + .seconds(120)
    var found = false
    while !found, ContinuousClock.now < deadline {
      found = try await !device.exec("ls /home/board/*.part", timeout: .seconds(20)).text.isEmpty
      if !found { try await Task.sleep(for: .milliseconds(50)) }
    }
    #expect(found)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    let left = try await device.exec("ls /home/board; pgrep -f 'cut.*part'", timeout: .seconds(20))
    #expect(!left.text.split(separator: "\n").contains("cut"), "\(left.text)")
  }

  @Test func aPassedLimitEndsTheCommandOnTheBoard() async throws {
    let marker = "/tmp/latgate-test-\(UUID().uuidString)"
    defer { unlink(marker) }
    // The limit is for the command, not for what a connection takes on a busy machine.
    _ = try await device.exec("true", timeout: .seconds(60))
    await #expect(throws: DeviceError.self) {
      try await device.exec("echo $$ > \(marker); sleep 1000; true", timeout: .seconds(5))
    }
    let text = try String(contentsOfFile: marker, encoding: .utf8)
    let processID = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    // The signal is sent, and the kernel ends it when it runs next; its new parent may need a moment
    // to collect it.
    func isGone() -> Bool {
      let status = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)
      return status == nil || status?.contains(") Z ") == true
    }
    let deadline = ContinuousClock.now + .seconds(60)
    while !isGone(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    #expect(isGone())
  }

  @Test func theConnectionEndsWithTheDevice() async throws {
    let path = try await connectedDirectory()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  /// The directory of a connection that is gone when this returns.
  private func connectedDirectory() async throws -> String {
    let device = Self.device(peer, user: "board")
    _ = try await device.exec("true", timeout: .seconds(20))
    let path = try #require(await device.connection.directory)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(mode as? Int == 0o700)
    return path
  }

  @Test(arguments: ["root", "sudoer"])
  func aRestartIsSeenAndWaitedFor(user: String) async throws {
    let own = try await SSHPeer.start()
    let device = PrivilegedDevice(Self.device(own, user: user), wish: .auto, cache: nil)
    try await device.reboot()
    try await device.waitUntilReady(timeout: .seconds(120))
    #expect(try await device.exec("id -u", timeout: .seconds(20)).text == "0\n")
  }

  @Test func whoMayNotRestartIsNamed() async throws {
    let error = await #expect(throws: DeviceError.self) {
      try await Self.device(peer, user: "board").reboot()
    }
    guard case .unsupported = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func identifiesTheBoard() async throws {
    let root = try await device.identify()
    #expect(root.userID == 0)
    #expect(root.privilege == .root)
    let board = try await Self.device(peer, user: "board").identify()
    #expect(board.userID == 2000)
    #expect(board.privilege == RootWay.shell)
    #expect(board.bootID == root.bootID)
    try await device.waitUntilReady(timeout: .seconds(20))
  }
}

/// What keeps a session from coming about, each for real.
@Suite(.enabled(if: SSHPeer.isEnabled, "set LATGATE_E2E=1, as root"), .serialized)
struct SSHFailureTests {
  private func failure(_ target: SSHTarget) async throws -> SSHFailure? {
    let device = SSHDevice(target: target, name: "it")
    let error = await #expect(throws: DeviceError.self) {
      try await device.exec("true", timeout: .seconds(30))
    }
    guard case .sshFailed("it", let failure) = error else {
      Issue.record("\(String(describing: error))")
      return nil
    }
    return failure
  }

  @Test func everyFailureHasItsName() async throws {
    let peer = try await SSHPeer.start()
    var target = SSHTarget(
      user: "root", host: "127.0.0.1", port: peer.port, configuration: peer.configuration)
    // Another user's key.
    let other = "\(peer.work)/other"
    _ = try await LocalDevice().exec(
      "ssh-keygen -q -t ed25519 -N '' -f \(other)", timeout: .seconds(20))
    try write("UserKnownHostsFile \(peer.work)/known_hosts\n", to: "\(peer.work)/other_config")
    target.configuration = "\(peer.work)/other_config"
    target.identity = other
    #expect(try await failure(target) == .authenticationFailed)
    // A host with an unknown key.
    try write("UserKnownHostsFile /dev/null\n", to: "\(peer.work)/unknown_config")
    target.configuration = "\(peer.work)/unknown_config"
    #expect(try await failure(target) == .hostKeyUnknown)
    // A host that was another one before.
    let wrong = try String(contentsOfFile: other + ".pub", encoding: .utf8)
      .split(separator: " ").prefix(2).joined(separator: " ")
    try write("[127.0.0.1]:\(peer.port) \(wrong)\n", to: "\(peer.work)/wrong_hosts")
    try write("UserKnownHostsFile \(peer.work)/wrong_hosts\n", to: "\(peer.work)/wrong_config")
    target.configuration = "\(peer.work)/wrong_config"
    #expect(try await failure(target) == .hostKeyChanged)
    target.configuration = peer.configuration
    // Port 1 has no listener.
    target.port = 1
    #expect(try await failure(target) == .refused)
    target.host = "no-such-host.invalid"
    #expect(try await failure(target) == .nameNotResolved)
  }

  @Test func aSilentHostIsGivenUp() async throws {
    // Listens, and never says a word.
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    try #require(listen(listener, 5) == 0)
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
    }
    let target = SSHTarget(host: "127.0.0.1", port: UInt16(bigEndian: address.sin_port))
    #expect(try await failure(target) == .timedOut)
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }
}
