import POSIXSupport
import Testing

struct ProgramSearchTests {
  @Test func aNameIsLookedForInThePath() {
    let environment = ["PATH": "/no/such:/bin"]
    #expect(ProgramSearch.path(of: "sh", environment: environment) == "/bin/sh")
    #expect(ProgramSearch.path(of: "no-such-program", environment: environment) == nil)
  }

  /// As apt's helper, which lies in no directory of the search path.
  @Test func anAbsolutePathIsTakenAsItIs() {
    #expect(ProgramSearch.path(of: "/bin/sh", environment: ["PATH": ""]) == "/bin/sh")
    #expect(ProgramSearch.path(of: "/no/such/sh", environment: ["PATH": "/bin"]) == nil)
    #expect(ProgramSearch.path(of: "/etc/passwd") == nil)
  }

  /// As a tool's own directory in `~/bin`.
  @Test func aDirectoryOfTheNameIsNoProgram() {
    #expect(ProgramSearch.path(of: "/usr/bin") == nil)
    #expect(ProgramSearch.path(of: "bin", environment: ["PATH": "/usr:/"]) == nil)
  }
}
