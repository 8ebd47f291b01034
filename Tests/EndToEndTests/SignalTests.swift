import Foundation
import Glibc
import Testing

/// What only reads and computes ends with the first signal, wherever it is.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct SignalTests {
  /// A pipe with a name, which keeps its reader waiting.
  private struct EndlessFile: ~Copyable {
    let path: String
    private var descriptor: Int32 = -1

    init(in directory: String) throws {
      path = "\(directory)/endless"
      try #require(mkfifo(path, 0o600) == 0)
    }

    /// Waits until it is read.
    mutating func isRead() async throws -> Bool {
      let path = path
      var opened: Int32 = -1
      let isOpen = try await eventually(within: .seconds(30)) {
        // Without a reader this fails with ENXIO.
        opened = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        return opened >= 0
      }
      descriptor = opened
      return isOpen
    }

    deinit { close(descriptor) }
  }

  @Test(
    arguments: ["fold", "validate"], [SIGINT, SIGTERM])
  func aCommandThatWaitsForItsInputEnds(command: String, number: Int32) async throws {
    let directory = try TemporaryDirectory()
    var file = try EndlessFile(in: directory.path)
    let call = try Tool().start([command, file.path])
    #expect(try await file.isRead())
    call.signal(number)
    let made = try await call.end(within: .seconds(20))
    #expect(made.exitCode == 130, "\(command): \(made.errors)")
    #expect(made.errors.contains("interrupted"), "\(command): \(made.errors)")
  }

  /// One that computes, and does not check for cancellation.
  @Test(arguments: [SIGINT, SIGTERM])
  func aCommandThatComputesEnds(number: Int32) async throws {
    try await expectEnd(
      of: try Tool().start(["verdict", "simulate", "--experiments", "1000000"]), by: number)
  }

  /// nohup(1) has SIGHUP ignored: what it starts outlives its terminal.
  @Test func aHangupThatIsIgnoredEndsNothing() async throws {
    let call = try Call(
      "/usr/bin/nohup",
      [
        "\(Tool.repository)/.build/debug/latgate", "verdict", "simulate", "--experiments",
        "1000000",
      ], environment: ["LATGATE_SHARE": Tool.repository])
    #expect(try await computes(call))
    call.signal(SIGHUP)
    // Three times as long as a command gets to end.
    try await Task.sleep(for: .seconds(1))
    #expect(call.isRunning && !call.errorsSoFar.contains("stopping"), "\(call.errorsSoFar)")
    try await expectEnd(of: call, by: SIGTERM)
  }

  /// Runs of many metrics, which take several times as long as what is waited for below.
  @Test func whatIsMadeOfManyRecordsEnds() async throws {
    let directory = try TemporaryDirectory()
    var records = ScalarRecords(seed: 1)
    records.metrics = 15_000
    for (day, build) in ["b1", "b2"].enumerated() {
      try records.write(
        build: build, runs: 8, value: 100, day: day, to: "\(directory.path)/\(build)")
    }
    try await expectEnd(
      of: try Tool().start([
        "compare", "--reference", "\(directory.path)/b1", "--candidate", "\(directory.path)/b2",
      ]), by: SIGTERM)
  }

  /// Waits until a call computes.
  private func computes(_ call: Call) async throws -> Bool {
    let pid = call.processID
    // A second of CPU time: what the command starts with is over.
    return try await eventually(within: .seconds(60)) {
      let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
      let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
      return fields.count > 12 && Int(fields[11]) ?? 0 > sysconf(Int32(_SC_CLK_TCK))
    }
  }

  /// Waits until a call computes, and gives it a signal.
  private func expectEnd(of call: Call, by number: Int32) async throws {
    #expect(try await computes(call))
    call.signal(number)
    let made = try await call.end(within: .seconds(20))
    #expect(made.exitCode == 130, "\(made.errors)")
  }
}
