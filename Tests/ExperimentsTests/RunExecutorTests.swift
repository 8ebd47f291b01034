import AgentPeer
import Devices
import Foundation
import POSIXSupport
import ProbeBuild
import RecordStore
import RunRecords
import Testing

@testable import Catalogs
@testable import Experiments

/// Runs over the real agent, whose engine needs no BPF, on this machine.
@Suite(.enabled(if: TestAgent.compiler != nil, "no C compiler in PATH to build the agent with"))
struct RunExecutorTests {
  private func workload(_ bench: ExecutorBench, _ steps: String) -> String {
    """
    workload: w
    setup: [{run: "touch \(bench.path("set-up"))"}]
    teardown: [{run: "touch \(bench.path("torn-down"))"}]
    phases:
      - phase: work
        preroll: 1ms
        steps:
    \(steps.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
    """
  }

  private let counting = """
    - run: echo rate 42.5
      scalars: [{metric: app.rate, unit: 1/s, pattern: 'rate ([0-9.]+)', better: higher}]
    - sleep: 1ms
    """

  @Test func aRunGoesThroughItsWorkload() async throws {
    let bench = try ExecutorBench()
    let progress = ExecutorBench.Progress()
    let record = try await bench.run(
      try await bench.request(workload(bench, counting)), progress)
    #expect(record.iterations.map(\.kind) == [.warmup, .measured, .measured])
    #expect(record.iterations.map(\.index) == [0, 1, 2])
    #expect(record.iterations.allSatisfy { $0.dropped == nil })
    #expect(record.tier == .t2 && record.suite == "observe" && record.workload == "w")
    let probe = try #require(record.probes.first)
    #expect(probe.status == .loaded && probe.tier == .t2)
    #expect(probe.hooks.map(\.rung) == ["raw_tp"])
    let phase = try #require(record.iterations.last?.phases.first)
    #expect(phase.name == "work")
    #expect(phase.scalars.map(\.value) == [42.5])
    #expect(phase.steps.map(\.exitCode) == [0, 0])
    #expect(phase.durationNs >= 1_000_000)
    let histogram = try #require(phase.histograms.first)
    #expect(phase.histograms.count == 1)
    #expect(histogram.metric == "fake.m7" && histogram.labels["class"] == "kernel")
    #expect((histogram.count, histogram.sum, histogram.max) == (302, 1000, 4000))
    #expect(phase.losses.map(\.metric) == ["fake.m7"])
    #expect(phase.losses.map(\.censored) == [3])
    #expect(bench.has("set-up") && bench.has("torn-down"))
    #expect(progress.activities == ["setup", "work", "work", "work", "teardown"])
    let calls = bench.trace
    #expect(calls.filter { $0.hasPrefix("load ") }.count == 1)
    for call in ["arm 1", "open", "close", "read"] {
      #expect(calls.filter { $0 == call }.count == 3, "\(call): \(calls)")
    }
    #expect(calls.last == "free")
  }

  @Test func aFailingStepEndsTheRunAndTheTeardownIsMade() async throws {
    let bench = try ExecutorBench()
    let request = try await bench.request(
      workload(bench, "- run: sh -c 'echo broken disk >&2; exit 3'"))
    let error = await #expect(throws: RunError.self) { try await bench.run(request) }
    guard case .stepFailed(let device, let place, _, let outcome, let output) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      (device, place, outcome, output) == ("directory", "phase work", "exit code 3", "broken disk"))
    #expect(bench.has("torn-down"))
  }

  @Test func aStepWithoutItsNumberFails() async throws {
    let bench = try ExecutorBench()
    let request = try await bench.request(
      workload(bench, counting.replacing("echo rate 42.5", with: "echo nothing")))
    let error = await #expect(throws: RunError.self) { try await bench.run(request) }
    #expect(error?.description.contains("no number for app.rate") == true)
  }

  @Test func aCancelledRunTearsDown() async throws {
    let bench = try ExecutorBench()
    let request = try await bench.request(workload(bench, "- run: sleep 1000"))
    let (steps, begin) = AsyncStream.makeStream(of: Void.self)
    let progress = ExecutorBench.Progress { if $0.activity == "work" { begin.yield() } }
    let run = Task { try await bench.run(request, progress) }
    for await _ in steps { break }
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    #expect(bench.has("torn-down"))
  }

  @Test func hostStepsAreMadeInAWindowOfTheHosts() async throws {
    let bench = try ExecutorBench()
    let record = try await bench.run(
      try await bench.request(
        workload(
          bench,
          """
          - host: touch \(bench.path("host-step"))
          - run: echo rate 7
            scalars: [{metric: app.rate, unit: 1/s, pattern: 'rate ([0-9.]+)', better: higher}]
          - sleep: 1ms
          """)))
    let phase = try #require(record.iterations.last?.phases.first)
    #expect(bench.has("host-step"))
    #expect(phase.steps.map(\.exitCode) == [0, 0, 0])
    #expect(phase.steps[2].durationNs >= 1_000_000)
    #expect(phase.scalars.map(\.value) == [7])
    #expect(phase.histograms.map(\.count) == [302])
    #expect(bench.trace.filter { $0 == "open" }.count == 3)
  }

  /// This machine is not the device, and a step of it that hangs is no device that went away.
  @Test func aHostStepWithoutAnEndFailsTheRun() async throws {
    let bench = try ExecutorBench()
    var request = try await bench.request(
      workload(bench, "- {host: tail -f /dev/null, timeout: 100ms}"))
    request.reconnect = .seconds(60)
    let progress = ExecutorBench.Progress()
    let error = await #expect(throws: RunError.self) { try await bench.run(request, progress) }
    guard case .stepFailed("directory", "phase work", let step, let outcome, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(step.contains("tail -f") && outcome.contains("no end within"))
    #expect(progress.notes.isEmpty, "it was not waited for")
    #expect(bench.has("torn-down"))
  }

  @Test func overheadIsMeasuredInIterationsOfItsOwn() async throws {
    let bench = try ExecutorBench()
    var request = try await bench.request(workload(bench, counting))
    request.measuresOverhead = true
    request.suite.overhead.iterations = 2
    let record = try await bench.run(request)
    // Off and on, on and off, then one with the kernel's account.
    let notes = record.iterations.map { $0.notes["probes"] ?? "" }
    #expect(notes == ["", "", "", "off", "on", "on", "off", "stats"])
    #expect(record.iterations.suffix(5).allSatisfy { $0.kind == .overhead && !$0.isJudged })
    #expect(
      record.overhead?.programs == [
        ProgramCost(
          probe: "runqueue", program: "on_switch", runs: 5, ns: 600, recursionMisses: 7)
      ])
    #expect(record.overhead?.pairs == 2)
  }

  /// The load takes 20 ms of every CPU: once tells how fast the machine is, twice whether it changed.
  @Test(arguments: [(nil, 1), (0.5, 2)] as [(Double?, Int)])
  func theSpeedIsTakenTwiceWhereItsChangeIsBounded(most: Double?, times: Int) async throws {
    let bench = try ExecutorBench()
    let helper = bench.path("helper")
    try """
    #!/bin/sh
    echo "$1" >> \(bench.path("asked"))
    printf 'work: 1000\\ncpu0_fastest_ns: 10\\ncpu0_mean_ns: 20\\n'
    """.write(toFile: helper, atomically: true, encoding: .utf8)
    var request = try await bench.request(workload(bench, counting), loadHelper: helper)
    request.suite.iterations = 1
    request.suite.warmup = 0
    request.stability.speedChangeMax = most.map(Percentage.init(fraction:))
    request.asksBench = true
    let progress = ExecutorBench.Progress()
    let record = try await bench.run(request, progress)
    // Quiet before what was set up is none before the iteration.
    #expect(progress.activities.contains("wait: first look"))
    let made = try #require(record.iterations.first)
    #expect(made.dropped == nil)
    #expect(made.covariates[Covariate.speed]?.rounded() == 100_000)
    let asked = try String(contentsOfFile: bench.path("asked"), encoding: .utf8)
    #expect(asked.split(separator: "\n") == Array(repeating: "speed", count: times))
  }

  /// The agent looks for programs beside itself first: a shell there hears what is asked.
  @Test func aQuietDeviceIsAskedOnceForWorkAfterItsBoot() async throws {
    let bench = try ExecutorBench()
    var request = try await bench.request(workload(bench, counting))
    let place = bench.path("device/latgate-\(request.bundle.payloadHash)")
    try UserDirectories.makeDirectory(place)
    try """
    #!/bin/sh
    echo asked >> \(bench.path("asked"))
    exec /bin/sh "$@"
    """.write(toFile: "\(place)/sh", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(place)/sh")
    request.suite.iterations = 1
    request.suite.warmup = 0
    request.asksBench = true
    _ = try await bench.run(request)
    let asked = try String(contentsOfFile: bench.path("asked"), encoding: .utf8)
    #expect(asked == "asked\n")
  }

  // MARK: Loading

  @Test func aNewProbeIsAttachedAloneOnce() async throws {
    let bench = try ExecutorBench()
    let request = try await bench.request(workload(bench, counting), trusts: false)
    _ = try await bench.run(request)
    let first = bench.trace
    let trial = try #require(first.firstIndex { $0.hasPrefix("load ") })
    #expect(first[trial + 1...trial + 2] == ["attach", "detach"])
    _ = try await bench.run(request)
    let second = Array(bench.trace.dropFirst(first.count))
    let known = try #require(second.firstIndex { $0.hasPrefix("load ") })
    #expect(second[known + 1] == "attach" && second[known + 2] != "detach")
  }

  @Test func aProbeThatTheKernelRefusesIsNoRun() async throws {
    let bench = try ExecutorBench()
    let request = try await bench.request(workload(bench, counting))
    let error = await #expect(throws: RunError.self) {
      try await bench.run(request, fault: "load")
    }
    guard case .noProbe(_, let reasons) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reasons.count == 1)
    #expect(reasons[0].hasPrefix("fake: T2: program on_switch"))
    #expect(reasons[0].contains("R1 invalid mem access"))
    #expect(!bench.has("set-up"))
  }

  @Test func aQuarantinedProbeIsLeftOut() async throws {
    let bench = try ExecutorBench()
    let request = try await bench.request(
      workload(bench, counting), probes: ["dire", "fake"], trusts: false)
    let made = try await bench.run(request)
    let identity = try await bench.device().identify()
    let store = request.safety.store
    let line = try store.beginLoad(
      LoadSubject(
        model: identity.model, build: identity.fingerprint,
        kernelBuildID: made.firmware.kernelBuildID, probe: "dire",
        content: String(repeating: "0", count: 64)),
      Store.Attempt(
        run: "r", serial: identity.serial, bootID: identity.bootID,
        owner: ProcessIdentity(processID: 1, startTicks: 1, hostBootID: "x"), at: Date()))
    _ = try store.blame(line, .panic, evidence: "Kernel panic")
    let record = try await bench.run(request)
    #expect(record.probes.map(\.status) == [.quarantined, .loaded])
    #expect(record.probes[0].reason?.isEmpty == false)
  }

  // MARK: One session at a time

  @Test func anotherSessionIsWaitedFor() async throws {
    let bench = try ExecutorBench()
    let other = bench.path("other")
    try Data().write(to: URL(fileURLWithPath: other))
    // Ends as soon as it was said who is waited for.
    let progress = ExecutorBench.Progress {
      if $0.note != nil { try? FileManager.default.removeItem(atPath: other) }
    }
    let record = try await bench.run(
      try await bench.request(workload(bench, counting)), progress)
    #expect(record.iterations.count == 3)
    #expect(progress.notes.count == 1)
    #expect(
      progress.notes.first?.hasPrefix(
        "directory is in use by another session of latgate: on the device, process 7 of user 0;")
        == true)
  }
}
