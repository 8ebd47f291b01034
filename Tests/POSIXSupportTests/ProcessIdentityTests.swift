import Foundation
import Glibc
import POSIXSupport
import Testing

@Suite("Identity of a process")
struct ProcessIdentityTests {
  private let fields = "1 1 1 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 4 0 987654 100 1"

  @Test func nameWithBracketsAndSpaces() {
    #expect(ProcessIdentity.startTicks(inStat: "12 (a) b) (c) S \(fields)") == 987_654)
  }

  @Test(arguments: ["", "12 (a", "12 (a) S 1 2", "12 (a) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 5"])
  func endedOrMalformed(_ line: String) {
    #expect(ProcessIdentity.startTicks(inStat: line) == nil)
  }

  @Test func aNumberUsedAgainIsAnotherProcess() throws {
    var identity = try #require(ProcessIdentity.current(of: getpid()))
    #expect(identity.isRunning)
    identity.startTicks += 1
    #expect(!identity.isRunning)
  }

  /// The kernel keeps 15 bytes of a name: seven of these letters and a half.
  @Test func aNameCutInsideALetter() async throws {
    let link = FileManager.default.temporaryDirectory
      .appending(path: "жжжжжжжж-\(UUID().uuidString)").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/bin/sh")
    defer { unlink(link) }
    let child = try ChildProcess.spawn(
      link, arguments: ["-c", "echo up; read -r line"], connectsInput: true)
    // From here on it has its own name.
    #expect(try await child.standardOutput.read() == Array("up\n".utf8))
    #expect(ProcessIdentity.current(of: child.processID) != nil)
    child.signalGroup(SIGKILL)
    try await child.waitForExit()
  }

  @Test func noSuchProcess() {
    #expect(ProcessIdentity.current(of: Int32.max) == nil)
  }
}
