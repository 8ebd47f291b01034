import Foundation
import Testing

/// Two programs at work at once, and a run that measures one of them. On this machine.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct ScopeTests {
  #if arch(arm64)
    private static let abi = "arm64"
  #else
    private static let abi = "x86_64"
  #endif

  /// One asks for its parent's number all the time, the other passes bytes through a pipe.
  @Test func aScopeMeasuresItsOwnOperationsAndNobodyElses() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = Tool()
    let built = try await tool.run(
      "build", "--abi", Self.abi, "--probe", "syscall", "--quiet", within: .seconds(180))
    try #require(built.exitCode == 0, "\(built.errors)")
    let line = built.output.split(separator: "\n").first { $0.contains(": load helper ") }
    let helper = try #require(line?.split(separator: " ").last).description
    func start(_ name: String, _ command: String) throws -> Call {
      try FileManager.default.copyItem(atPath: helper, toPath: "\(path)/\(name)")
      // More than it will come to.
      return try Call("\(path)/\(name)", [command, "--ops", "1000000000"], environment: [:])
    }
    let asking = try start("lg-asking", "syscall")
    let passing = try start("lg-passing", "pipe")
    func look(_ scope: String...) async throws -> Call.Result {
      try? FileManager.default.removeItem(atPath: "\(path)/run")
      return try await tool.start(
        ["run", "--probe", "syscall", "--for", "500ms", "--output", "\(path)/run"] + scope
      ).end(within: .seconds(180))
    }

    let byName = try await look("--comm", "lg-asking")
    try #require(byName.exitCode == 0, "\(byName.errors)\(byName.output)")
    #expect(byName.output.contains(", comm lg-asking only"), "\(byName.output)")
    let asked = try Record.only(in: "\(path)/run")
    #expect(asked.scope?.kind == "comm" && asked.scope?.value == "lg-asking")
    #expect(asked.count("syscall.latency", ["nr": "getppid"], in: "now") > 0)
    #expect(asked.count("syscall.latency", ["nr": "write"], in: "now") == 0)
    for loss in asked.phases.flatMap(\.losses) {
      #expect(loss.excluded > 0)
      #expect(loss.started == loss.recorded + loss.overwritten + loss.cancelled + loss.censored)
    }

    let byNumber = try await look("--pid", "\(passing.processID)")
    try #require(byNumber.exitCode == 0, "\(byNumber.errors)\(byNumber.output)")
    let passed = try Record.only(in: "\(path)/run")
    #expect(passed.count("syscall.latency", ["nr": "write"], in: "now") > 0)
    #expect(passed.count("syscall.latency", ["nr": "getppid"], in: "now") == 0)

    let nobody = try await look("--comm", "lg-nobody")
    #expect(nobody.exitCode == 65, "\(nobody.errors)")
    #expect(nobody.output.hasPrefix("comm lg-nobody matched nothing: of "), "\(nobody.output)")
    for call in [asking, passing] {
      call.signal(SIGKILL)
      _ = try await call.end(within: .seconds(20))
    }
    let gone = try await look("--pid", "\(passing.processID)")
    #expect(gone.exitCode == 65, "\(gone.errors)")
    #expect(gone.errors.contains("there is no process or thread \(passing.processID)"))
  }
}
