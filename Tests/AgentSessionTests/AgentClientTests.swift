import AgentPeer
import Devices
import Foundation
import POSIXSupport
import Testing

@testable import AgentSession

@Suite(.enabled(if: TestAgent.compiler != nil, "no C compiler in PATH to build the agent with"))
struct AgentClientTests {
  /// How a session may end early.
  enum Ending: CaseIterable {
    case cancellation
    case closing
  }

  private let device = LocalDevice()

  private func start(_ environment: String = "") async throws -> AgentClient {
    let agent = try await TestAgent.shared.value
    return try await AgentClient.start(
      on: device, command: "env \(environment) \(agent.path)", hostVersion: "test")
  }

  @Test func greetingTellsTheDevice() async throws {
    let client = try await start()
    let identity = try await device.identify()
    #expect(client.facts.bootID == identity.bootID)
    #expect(client.facts.kernelRelease == identity.kernelRelease)
    #expect(client.facts.abi == identity.abi)
    #expect(client.facts.userID == getuid())
    #expect(client.facts.features.first { $0.name == "kprobe" }?.reason == "not built in")
    try await client.bye()
    await #expect(throws: AgentSessionError.closed) { try await client.ping() }
  }

  @Test func stepsTellExitCodeSignalAndOutput() async throws {
    let client = try await start()
    let shell = { (script: String) in
      AgentStep.run(argv: ["/bin/sh", "-c", script], timeout: .seconds(20))
    }
    let step = try await client.exec(shell("echo out; echo err >&2; exit 9"))
    #expect(step.ending == .exited(9))
    #expect(step.standardOutput == Array("out\n".utf8))
    #expect(step.standardError == Array("err\n".utf8))
    #expect(try await client.exec(shell("kill -9 $$")).ending == .signalled(9))
    #expect(try await client.exec(.sleep(.nanoseconds(1))).ending == .exited(0))
    try await client.bye()
  }

  @Test func pinnedProbesAreTakenOrRefused() async throws {
    let metrics = [AgentMetric(id: 7, map: "h_wait", countersIndex: 0)]
    let client = try await start()
    #expect(client.facts.pinnedProbes.isEmpty)
    let hooks = try await client.loadPinned(AgentPinnedProbe(name: "runqueue", metrics: metrics))
    #expect(hooks.map(\.rung) == ["tp_btf"])
    try await client.bye()
    let other = try await start("LATGATE_FAKE_FAULT=load_pinned")
    do {
      _ = try await other.loadPinned(
        AgentPinnedProbe(name: "block", metrics: metrics, directory: "/pins", manifest: "/file"))
      Issue.record("pins in use were taken")
    } catch AgentSessionError.refused(let refusal) {
      #expect(refusal.code == .busy)
      #expect(refusal.text == "another agent uses the pins")
    }
    try await other.bye()
  }

  @Test func phaseGivesStepsHistogramsCountersAndWindow() async throws {
    let client = try await start()
    let hooks = try await client.load(
      AgentProbe(
        name: "runqueue", object: [UInt8](repeating: 3, count: 200_000),
        metrics: [AgentMetric(id: 7, map: "waits", countersIndex: 0)]))
    #expect(
      hooks == [
        AgentHook(
          probe: "runqueue", hook: "sched_switch", rung: "raw_tp", program: "on_switch",
          reason: "tp_btf: no BTF")
      ])
    try await client.attach()
    let result = try await client.run(
      AgentPhase(
        number: 3, preRoll: .milliseconds(1), drain: .milliseconds(1),
        steps: [
          .run(argv: ["/bin/echo", "one"], timeout: .seconds(20)), .sleep(.milliseconds(1)),
        ]))
    #expect(result.steps.map(\.index) == [0, 1])
    #expect(result.steps.first?.standardOutput == Array("one\n".utf8))
    #expect(
      result.histograms == [
        AgentHistogram(
          metricID: 7, key: [2, 0, 0, 0], labelName: "kernel", count: 302, sum: 1000, max: 4000,
          buckets: [
            SparseBucket(index: 3, count: 1), SparseBucket(index: 200, count: 300),
            SparseBucket(index: 527, count: 1),
          ])
      ])
    let counters = try #require(result.counters.first)
    #expect(counters.metricID == 7)
    #expect((counters.started, counters.recorded, counters.negative) == (305, 302, 9))
    #expect((counters.censored, counters.censoredAgeSum) == (3, 42))
    #expect(result.window.phase == 3)
    #expect(result.window.opened < result.window.closed)
    #expect(result.window.closed <= result.window.drained)
    try await client.openWindow(phase: 4, preRoll: .zero)
    try await client.ping()
    let look = try await client.snapshot()
    #expect(
      look.counts == [
        AgentCount(metricID: 8, key: [1, 0, 0, 0], labelName: nil, count: 5, sum: 500)
      ])
    func row(_ first: UInt8, _ second: UInt8) -> [UInt8] {
      let zeros = [UInt8](repeating: 0, count: 7)
      return [first] + zeros + [second] + zeros
    }
    #expect(look.rows == [AgentRows(metricID: 9, rows: [row(10, 11), row(20, 21)])])
    #expect(
      look.stacks == [
        AgentStack(
          metricID: 10, key: [1, 0, 0, 0], count: 5, sum: 500, kernel: [0xffff_0000_1234_5678],
          user: [
            .init(buildID: "ab0102030405060708090a0b0c0d0e0f1011121f", address: 0x40),
            .init(buildID: nil, address: 0x99),
          ], isLost: true)
      ])
    let second = try await client.closeWindow(drain: .zero)
    #expect(second.window.phase == 4)
    #expect(second.steps == [])
    try await client.detach()
    try await client.unload("runqueue")
    try await client.bye()
  }

  @Test func statisticsAndFilesAreRead() async throws {
    let client = try await start()
    #expect(try await client.setStatistics(enabled: true) == [])
    #expect(
      try await client.setStatistics(enabled: false) == [
        AgentProgramStatistics(
          probe: "runqueue", program: "on_switch", runCount: 5, runNanoseconds: 600,
          recursionMisses: 7)
      ])
    let files = try await client.readFiles(["/proc/sys/kernel/ostype", "/no/such"])
    #expect(
      files == [
        AgentFile(path: "/proc/sys/kernel/ostype", data: Array("Linux\n".utf8)),
        AgentFile(path: "/no/such", data: nil),
      ])
    try await client.bye()
  }

  @Test func refusalIsTypedAndTheSessionGoesOn() async throws {
    let client = try await start("LATGATE_FAKE_FAULT=load")
    let probe = AgentProbe(
      name: "bad", object: [1], metrics: [AgentMetric(id: 1, map: "m", countersIndex: 0)])
    let error = await #expect(throws: AgentSessionError.self) { try await client.load(probe) }
    guard case .refused(let refusal) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(refusal.code == .verifier)
    #expect(refusal.probe == "bad")
    #expect(refusal.log?.contains("R1 invalid mem access") == true)
    #expect(refusal.hooks.map(\.rung) == ["raw_tp"])
    try await client.ping()
    try await client.bye()
  }

  @Test func requestsTakeTurns() async throws {
    let client = try await start()
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for number in 0..<20 {
        group.addTask {
          try await client.exec(.run(argv: ["/bin/echo", "\(number)"], timeout: .seconds(30)))
            .standardOutput
        }
      }
      var outputs: Set<String> = []
      for try await output in group { outputs.insert(String(decoding: output, as: UTF8.self)) }
      #expect(outputs == Set((0..<20).map { "\($0)\n" }))
    }
    try await client.bye()
  }

  @Test func anotherVersionEndsTheSession() async throws {
    let agent = try await TestAgent.shared.value
    let stream = try await device.stream("exec \(agent.path)")
    let error = await #expect(throws: AgentSessionError.self) {
      try await AgentClient.start(
        over: stream, hostVersion: "99.0", protocolVersion: 99, silence: .seconds(30),
        timeout: .seconds(20))
    }
    guard case .versionMismatch(let detail) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(detail.contains("99.0"))
  }

  @Test func missingAgentIsNamedWithItsExitCode() async throws {
    let error = await #expect(throws: AgentSessionError.self) {
      try await AgentClient.start(on: device, command: "/no/such/agent", hostVersion: "test")
    }
    guard case .ended(exitCode: 127, errorOutput: let words) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(words.contains("/no/such/agent"))
  }

  @Test func shellNoiseIsNoAnswer() async throws {
    let error = await #expect(throws: AgentSessionError.self) {
      try await AgentClient.start(
        on: device, command: "echo 'Welcome to the board'", hostVersion: "test")
    }
    guard case .malformed(let detail) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(detail.contains("Welcome to the board"))
  }

  @Test(arguments: Ending.allCases)
  func endingTheSessionEndsARunningStep(ending: Ending) async throws {
    let fifo = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: fifo) }
    _ = try await device.exec("mkfifo \(fifo)", timeout: .seconds(20))
    // Every process of the step holds the pipe: it ends when the last of them has gone.
    let pipe = try await device.stream("exec cat \(fifo)")
    let client = try await start()
    let script = "exec 3> \(fifo); echo up >&3; sleep 1000 & sleep 1000; wait"
    let step = Task {
      try await client.exec(.run(argv: ["/bin/sh", "-c", script], timeout: .seconds(2000)))
    }
    #expect(try await pipe.read() == Array("up\n".utf8))
    switch ending {
    case .cancellation:
      step.cancel()
      await #expect(throws: CancellationError.self) { try await step.value }
      await #expect(throws: AgentSessionError.closed) { try await client.ping() }
    case .closing:
      await client.close()
      await #expect(throws: (any Error).self) { try await step.value }
    }
    #expect(try await pipe.read() == nil)
    await pipe.close()
  }

  @Test func aStepWithoutEndIsGivenUp() async throws {
    let client = try await start()
    let error = await #expect(throws: AgentSessionError.self) {
      try await client.exec(
        .run(argv: ["/bin/sh", "-c", "sleep 1000"], timeout: .milliseconds(1)))
    }
    guard case .refused(let refusal) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(refusal.code == .step)
    try await client.bye()
  }

  @Test func installationIsReusedAndOldOnesRemoved() async throws {
    let agent = try await TestAgent.shared.value
    let base = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try UserDirectories.makeDirectory(base)
    defer { try? FileManager.default.removeItem(atPath: base) }
    let sandbox = DirectoryDevice(base: base)
    for name in ["latgate-0123456789abcdef", "latgate-notes", "latgate-0123"] {
      try UserDirectories.makeDirectory("\(base)/\(name)")
    }
    let payload = AgentPayload(
      hash: "00112233445566aa", agentPath: agent.path, loadHelperPath: "/bin/true")
    let first = try await AgentInstaller(device: sandbox).install(payload)
    #expect(first.directory == "\(base)/latgate-00112233445566aa")
    #expect(!first.wasPresent)
    #expect(FileManager.default.isExecutableFile(atPath: first.agentPath))
    let again = try await AgentInstaller(device: sandbox).install(payload)
    #expect(again.wasPresent)
    // A device that lost its power has the name, the size and the mode, and zeros.
    let size = try Data(contentsOf: URL(fileURLWithPath: agent.path)).count
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: first.agentPath))
    try file.write(contentsOf: Data(count: size))
    try file.close()
    let mended = try await AgentInstaller(device: sandbox).install(payload)
    #expect(!mended.wasPresent)
    #expect(
      FileManager.default.contentsEqual(atPath: agent.path, andPath: mended.agentPath))
    let names = try FileManager.default.contentsOfDirectory(atPath: base)
    #expect(names.sorted() == ["latgate-00112233445566aa", "latgate-0123", "latgate-notes"])
    let client = try await AgentClient.start(
      on: sandbox, command: shellQuote(again.agentPath), hostVersion: "test")
    // A directory in use stays.
    var newer = payload
    newer.hash = "00112233445566bb"
    _ = try await AgentInstaller(device: sandbox).install(newer)
    #expect(FileManager.default.fileExists(atPath: again.agentPath))
    try await client.bye()
    _ = try await AgentInstaller(device: sandbox).install(newer)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: base).sorted()
        == ["latgate-00112233445566bb", "latgate-0123", "latgate-notes"])
  }
}
