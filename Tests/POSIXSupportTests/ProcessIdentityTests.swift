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

  @Test func noSuchProcess() {
    #expect(ProcessIdentity.current(of: Int32.max) == nil)
  }
}
