import AgentPeer
import Devices
import Foundation
import RegressionAnalysis
import RunRecords
import Synchronization
import Testing

@testable import Experiments

/// Experiments over the real agent, whose engine needs no BPF, on this machine.
@Suite(.enabled(if: TestAgent.compiler != nil, "no C compiler in PATH to build the agent with"))
struct ExperimentRunnerTests {
  /// Brings up this machine for every firmware, unless a start is to fail.
  private final class Lane: DeviceLane {
    let transport = "local"
    private let device: any Device
    private let failures: Set<Int>
    private let finishing: @Sendable () -> Void
    private let notes = Mutex<(starts: [String], finishes: Int)>(([], 0))

    /// `failures` are the starts that fail, from 0; `finishing` is called at each end.
    init(
      _ device: any Device, failures: Set<Int> = [], finishing: @escaping @Sendable () -> Void = {}
    ) {
      self.device = device
      self.failures = failures
      self.finishing = finishing
    }

    struct Failure: Error, Equatable {
      var start: Int
    }

    var starts: [String] { notes.withLock { $0.starts } }
    var finishes: Int { notes.withLock { $0.finishes } }

    func start(firmware: String) async throws -> StartedFirmware {
      let number = notes.withLock {
        $0.starts.append(firmware)
        return $0.starts.count - 1
      }
      if failures.contains(number) { throw Failure(start: number) }
      return StartedFirmware(device: device, firmwareID: "build-\(firmware)")
    }

    func current() async throws -> any Device { device }
    func recover() async throws -> Bool { false }
    func finish() async {
      notes.withLock { $0.finishes += 1 }
      finishing()
    }
  }

  /// Never comes up.
  private struct StuckLane: DeviceLane {
    let transport = "local"
    let device: any Device

    func start(firmware: String) async throws -> StartedFirmware {
      let (never, end) = AsyncStream<Void>.makeStream()
      defer { end.finish() }
      for await _ in never {}
      throw CancellationError()
    }

    func current() async throws -> any Device { device }
    func recover() async throws -> Bool { false }
    func finish() async {}
  }

  private let workload = """
    workload: w
    phases: [{phase: work, preroll: 1ms, steps: [{sleep: 1ms}]}]
    """

  /// What an experiment of one run per arm reports, in order.
  private final class Events: Sendable {
    private let heard = Mutex<[String]>([])
    var all: [String] { heard.withLock { $0 } }

    func take(_ event: ExperimentRunner.Event) {
      let text: String? =
        switch event {
        case .starting(let slot, let firmware): "start \(slot.order) \(firmware) \(slot.attempt)"
        case .progress: nil
        case .recorded(let slot, _): "recorded \(slot.order)"
        case .reused(let slot, _): "reused \(slot.order)"
        case .failed(let slot, _): "failed \(slot.order)"
        case .judged(_, let runs): "judged \(runs)"
        case .timeIsUp(let left): "time is up \(left)"
        }
      if let text { note(text) }
    }

    func note(_ text: String) { heard.withLock { $0.append(text) } }
  }

  private func run(
    _ bench: ExecutorBench, _ lane: Lane, attempts: Int = 1, made: [RunRecord] = [],
    _ events: Events = Events(),
    salvage: @escaping ExperimentRunner.Salvage = { _, _, _, _ in }
  ) async throws -> ExperimentRunner.Outcome {
    try await run(bench, [lane], attempts: attempts, made: made, events, salvage: salvage)
  }

  private func run(
    _ bench: ExecutorBench, _ lanes: [any DeviceLane], attempts: Int = 1, made: [RunRecord] = [],
    _ events: Events, salvage: @escaping ExperimentRunner.Salvage = { _, _, _, _ in }
  ) async throws -> ExperimentRunner.Outcome {
    let request = try await bench.request(workload)
    return try await ExperimentRunner(
      id: "e1", design: ExperimentDesign(runs: 1, lanes: lanes.count, attempts: attempts),
      lanes: lanes,
      reference: "old", candidate: "new", made: made,
      request: { _, place in
        var own = request
        own.place = place
        return own
      },
      judge: { records in
        try judge(
          VerdictInput(
            reference: records.filter { $0.experiment?.arm == .reference },
            candidate: records.filter { $0.experiment?.arm == .candidate },
            policy: VerdictPolicy()))
      }, handle: { events.take($0) }, salvage: salvage
    ).run()
  }

  @Test func eachArmRunsOnItsOwnFirmware() async throws {
    let bench = try ExecutorBench()
    let lane = Lane(bench.device())
    let events = Events()
    let outcome = try await run(bench, lane, events)
    #expect(
      events.all == [
        "start 0 old 1", "recorded 0", "start 1 new 1", "recorded 1", "judged 1",
      ])
    #expect(outcome.records.map(\.firmware.id) == ["build-old", "build-new"])
    #expect(outcome.records.map { $0.experiment?.arm } == [.reference, .candidate])
    #expect(outcome.records.allSatisfy { ($0.hostSeconds ?? 0) > 0 })
    #expect(outcome.runsLeft == nil)
    #expect((lane.starts, lane.finishes) == (["old", "new"], 2))
  }

  @Test func aSlotThatFailedIsTriedAgain() async throws {
    let bench = try ExecutorBench()
    let lane = Lane(bench.device(), failures: [1])
    let events = Events()
    let salvaged = Events()
    let outcome = try await run(bench, lane, attempts: 2, events) { slot, device, what, error in
      salvaged.note("\(slot.order) \(device?.name ?? "-") \(error is Lane.Failure)")
    }
    #expect(outcome.records.count == 2)
    #expect(events.all.contains("failed 1"))
    #expect(events.all.contains("start 1 new 2"))
    #expect(salvaged.all == ["1 directory true"])
    #expect((lane.starts, lane.finishes) == (["old", "new", "new"], 3))
  }

  @Test func aRunThatIsMadeOutlivesTheInterruptionOfAnother() async throws {
    let bench = try ExecutorBench()
    let events = Events()
    let (ends, end) = AsyncStream<Void>.makeStream()
    let lanes: [any DeviceLane] = [
      StuckLane(device: bench.device()), Lane(bench.device()) { end.yield() },
    ]
    let experiment = Task { try await run(bench, lanes, events) }
    for await _ in ends { break }
    experiment.cancel()
    await #expect(throws: CancellationError.self) { try await experiment.value }
    #expect(events.all.contains("recorded 1") && !events.all.contains("failed 0"))
  }

  @Test(.timeLimit(.minutes(2)))
  func aRecordIsHandedOverWhileAnotherRunIsUnderWay() async throws {
    let bench = try ExecutorBench()
    let events = Events()
    let lanes: [any DeviceLane] = [StuckLane(device: bench.device()), Lane(bench.device())]
    let experiment = Task { try await run(bench, lanes, events) }
    while !events.all.contains("recorded 1") { try await Task.sleep(for: .milliseconds(10)) }
    experiment.cancel()
    await #expect(throws: CancellationError.self) { try await experiment.value }
  }

  @Test func theLastFailureIsTheExperiments() async throws {
    let bench = try ExecutorBench()
    let lane = Lane(bench.device(), failures: [0, 1])
    await #expect(throws: Lane.Failure(start: 1)) { try await run(bench, lane, attempts: 2) }
    #expect((lane.starts, lane.finishes) == (["old", "old"], 2))
  }

  @Test func runsThatWereMadeAreNotMadeAgain() async throws {
    let bench = try ExecutorBench()
    let first = try await run(bench, Lane(bench.device()))
    let lane = Lane(bench.device())
    let events = Events()
    let reference = try #require(first.records.first)
    let outcome = try await run(bench, lane, made: [reference], events)
    #expect(events.all.first == "reused 0")
    #expect(lane.starts == ["new"])
    #expect(outcome.records.first == reference)
  }
}
