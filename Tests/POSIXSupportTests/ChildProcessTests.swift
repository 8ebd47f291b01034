import Glibc
import Testing

@testable import POSIXSupport

@Suite struct ChildProcessTests {
  private func readAll(_ descriptor: AsyncDescriptor) async throws -> String {
    var bytes: [UInt8] = []
    while true {
      let next = try await descriptor.read(deadline: .now + .seconds(20))
      if next.isEmpty { return String(decoding: bytes, as: UTF8.self) }
      bytes += next
    }
  }

  @Test func keepsStreamsAndExitCodeApart() async throws {
    let child = try ChildProcess.spawn("sh", arguments: ["-c", "echo out; echo err >&2; exit 9"])
    #expect(try await readAll(child.standardOutput) == "out\n")
    #expect(try await readAll(child.standardError) == "err\n")
    #expect(try await child.waitForExit() == .exited(9))
    #expect(try await child.waitForExit() == .exited(9))
  }

  @Test func inputReachesTheChildAndItsEndToo() async throws {
    let child = try ChildProcess.spawn("cat", arguments: [], connectsInput: true)
    try await child.standardInput?.write(Array("hello".utf8))
    child.standardInput?.close()
    #expect(try await readAll(child.standardOutput) == "hello")
    #expect(try await child.waitForExit() == .exited(0))
  }

  @Test func nothingElseIsInherited() async throws {
    // A descriptor without close-on-exec, as a parent may have left it.
    let stray = OwnedDescriptor(adopting: try systemCall("dup") { dup(STDERR_FILENO) })
    let child = try ChildProcess.spawn("sh", arguments: ["-c", "echo /proc/$$/fd/*"])
    let numbers = try await readAll(child.standardOutput).split(whereSeparator: \.isWhitespace)
      .compactMap { $0.split(separator: "/").last.map(String.init) }
    #expect(!numbers.contains("\(stray.rawValue)"))
    #expect(Set(["0", "1", "2"]).isSubset(of: numbers))
  }

  @Test func groupSignalReachesGrandchildren() async throws {
    // The grandchild holds the pipe: its end shows that it is gone.
    let child = try ChildProcess.spawn("sh", arguments: ["-c", "sleep 1000 & echo up; wait"])
    #expect(try await child.standardOutput.read() == Array("up\n".utf8))
    child.signalGroup(SIGKILL)
    #expect(try await readAll(child.standardOutput) == "")
    #expect(try await child.waitForExit() == .signalled(SIGKILL))
  }

  @Test func childrenDieOfABrokenPipeAsUsual() async throws {
    BrokenPipe.ignoreSignal()
    let child = try ChildProcess.spawn("sh", arguments: ["-c", "kill -PIPE $$; exit 0"])
    #expect(try await child.waitForExit() == .signalled(SIGPIPE))
  }

  @Test func droppingAChildEndsIt() async throws {
    var child: ChildProcess? = try ChildProcess.spawn("sleep", arguments: ["1000"])
    let output = try #require(child?.standardOutput)
    child = nil
    #expect(try await readAll(output) == "")
  }

  @Test func missingProgramIsNamed() async throws {
    let error = #expect(throws: SystemCallError.self) {
      try ChildProcess.spawn("latgate-no-such-program", arguments: [])
    }
    #expect(error?.code == ENOENT)
    #expect(error?.subject == "latgate-no-such-program")
  }
}
