import Foundation
import POSIXSupport
import SSHPeer
import Testing

@testable import Devices

/// Ways to root, with real `su` and `sudo` behind a real ssh server.
@Suite(.enabled(if: SSHPeer.isEnabled, "set LATGATE_E2E=1, as root"), .serialized)
struct PrivilegeTests {
  private static let shared = Task { try await SSHPeer.start() }
  private let peer: SSHPeer

  init() async throws {
    peer = try await Self.shared.value
  }

  private func board(_ user: String) -> SSHDevice {
    SSHDevice(
      target: SSHTarget(
        user: user, host: "127.0.0.1", port: peer.port, configuration: peer.configuration))
  }

  @Test(arguments: [
    ("root", RootWay.root), ("granted", .suCommand), ("sudoer", .sudo), ("android", .suZero),
    ("board", .shell),
  ])
  func theWayIsFoundByTrying(user: String, way: RootWay) async throws {
    let device = PrivilegedDevice(board(user), wish: .auto, cache: nil)
    let answer = try await device.privilege()
    #expect(answer.way == way, "\(answer.refusals)")
    #expect(try await device.identify().privilege == way)
    let id = try await device.exec("id -u; exit 7", timeout: .seconds(20))
    #expect(id.exitCode == 7)
    #expect((id.text == "0\n") == way.isRoot)
  }

  @Test(arguments: ["granted", "sudoer", "android"])
  func quotingAndStreamsSurvive(user: String) async throws {
    let device = PrivilegedDevice(board(user), wish: .su, cache: nil)
    let text = "a 'b' \"c\" $HOME `x` \\ \n*;&|"
    let result = try await device.exec(
      "printf %s \(shellQuote(text)); echo err >&2", timeout: .seconds(20))
    #expect(result.text == text)
    #expect(result.standardError == Array("err\n".utf8))
    let stream = try await device.stream("exec cat")
    try await expectEcho(of: 1_500_000, over: stream)
    await stream.close()
  }

  @Test(arguments: ["busybox", "toybox"])
  func smallSystemsReadTheSameWord(name: String) async throws {
    let text = "a 'b' \"c\" $HOME `x` \\ \n*;&|"
    let line = RootWay.suCommand.line("id -u; printf %s \(shellQuote(text)); exit 9")
    let made = try await board("root").exec(
      "PATH=/opt/\(name):$PATH; \(line)", timeout: .seconds(20))
    #expect(made.text == "0\n" + text, "\(String(decoding: made.standardError, as: UTF8.self))")
    #expect(made.exitCode == 9)
  }

  @Test(arguments: ["granted", "sudoer", "android"])
  func filesAreRoots(user: String) async throws {
    let device = PrivilegedDevice(board(user), wish: .su, cache: nil)
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try UserDirectories.makeDirectory(directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 13 ^ $0 >> 8) }
    try AtomicFile.write(content, to: directory + "/in", durable: false)
    let remote = "/root/it's new/file"
    try await device.push(directory + "/in", to: remote, mode: 0o640)
    let state = try await device.exec(
      "stat -c '%a %u' \(shellQuote(remote)); chmod 600 \(shellQuote(remote))",
      timeout: .seconds(20))
    #expect(state.text == "640 0\n")
    try await device.pull(remote, to: directory + "/out")
    #expect(try Data(contentsOf: URL(filePath: directory + "/out")) == Data(content))
    // The directory is this machine's: others copy as well.
    let left = try await device.exec(
      """
      rm -r "/root/it's new"
      find /tmp -maxdepth 1 -name 'latgate-copy-*' -user \(user) 2> /dev/null | wc -l
      """, timeout: .seconds(20))
    #expect(left.text == "0\n")
  }

  @Test func aStuckSuIsGivenUpAndNotAskedAgain() async throws {
    let cache = PrivilegeCache(path: "\(peer.work)/privileges.json")
    let impatient = PrivilegeFinder(
      device: board("stuck"), wish: .auto, cache: cache, limit: .seconds(2))
    let answer = try await impatient.find()
    #expect(answer.way == RootWay.shell)
    #expect(answer.refusals.first == "su 0: it did not answer within 2 s")
    // Who had so little time is asked again; after its full time it is taken at its word.
    let patient = PrivilegeFinder(device: board("stuck"), wish: .auto, cache: cache)
    #expect(
      try await patient.find().refusals.first == "su 0: it did not answer within 10 s")
    let again = PrivilegeFinder(device: board("stuck"), wish: .auto, cache: cache)
    #expect(try await again.find().refusals.isEmpty)
    // They were sent the signal; the kernel ends them when they run next.
    let deadline = ContinuousClock.now + .seconds(60)
    var processes = ""
    repeat {
      processes = try await board("root").exec(
        "pgrep -u stuck -x sleep -r R,S,D | wc -l", timeout: .seconds(20)
      ).text
    } while processes != "0\n" && ContinuousClock.now < deadline
    #expect(processes == "0\n")
  }

  @Test func whatIsDemandedAndMissingIsReportedWithItsReasons() async throws {
    let demandsRoot = await #expect(throws: DeviceError.self) {
      try await PrivilegedDevice(board("sudoer"), wish: .root, cache: nil).privilege()
    }
    #expect("\(try #require(demandsRoot))".contains("its shell is user 2002"))
    let demandsWay = await #expect(throws: DeviceError.self) {
      try await PrivilegedDevice(board("board"), wish: .su, cache: nil).privilege()
    }
    let words = "\(try #require(demandsWay))"
    #expect(words.contains("su -c: ") && words.contains("sudo: "), "\(words)")
    let shell = PrivilegedDevice(board("sudoer"), wish: .shell, cache: nil)
    #expect(try await shell.privilege().way == RootWay.shell)
  }

  @Test func aKnownWayIsTriedAgainBeforeItIsBelieved() async throws {
    let cache = PrivilegeCache(path: "\(peer.work)/stale.json")
    let identity = try await board("sudoer").identify()
    let key = "\(identity.serial) \(identity.fingerprint) \(identity.kernelVersion)"
    cache.keep(.suZero, for: key)
    let finder = PrivilegeFinder(device: board("sudoer"), wish: .auto, cache: cache)
    #expect(try await finder.find().way == .sudo)
    #expect(cache.way(for: key) == .sudo)
  }
}
