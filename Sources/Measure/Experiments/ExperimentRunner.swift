import Devices
import Foundation
import RegressionAnalysis
import RunRecords

/// Drives an experiment: takes the next runs from ``ExperimentState``, makes them on lanes, keeps
/// their records and asks for a verdict.
package struct ExperimentRunner: Sendable {
  /// What happens, for progress and for keeping records.
  package enum Event: Sendable {
    case starting(RunSlot, firmware: String)
    case progress(RunSlot, RunProgress)
    case recorded(RunSlot, RunRecord)
    /// It was made before this process began.
    case reused(RunSlot, RunRecord)
    case failed(RunSlot, String)
    /// All runs so far were judged: so many per arm.
    case judged(Verdict, runs: Int)
    /// So many runs are left out.
    case timeIsUp(runsLeft: Int)
  }

  /// The records and what they say.
  package struct Outcome: Sendable {
    package var records: [RunRecord]
    package var verdict: Verdict
    /// Runs that the time did not allow; nil = all that were asked for were made.
    package var runsLeft: Int?
  }

  private let id: String
  private let design: ExperimentDesign
  private let lanes: [any DeviceLane]
  private let firmwares: [ExperimentPlace.Arm: String]
  private let made: [RunRecord]
  private let budget: TimeBudget?
  /// The request of a slot, without what the lane knows.
  private let request: @Sendable (RunSlot, ExperimentPlace) -> RunRequest
  private let judge: @Sendable ([RunRecord]) throws -> Verdict
  private let handle: @Sendable (Event) throws -> Void
  private let salvage: Salvage

  /// Asks a device about a run that failed, before it is given up: the slot, the device if there
  /// was one, what failed, and the error behind it.
  package typealias Salvage =
    @Sendable (RunSlot, (any Device)?, String, (any Error)?) async -> Void

  /// An experiment on at least `design.lanes` lanes. `made` are runs of this experiment that need
  /// not be made again; `request` makes a slot's request, whose firmware the lane fills in; `judge`
  /// judges all records so far at a look; `handle` is called from several tasks when there are
  /// several lanes.
  package init(
    id: String, design: ExperimentDesign, lanes: [any DeviceLane], reference: String,
    candidate: String, made: [RunRecord] = [], budget: TimeBudget? = nil,
    request: @escaping @Sendable (RunSlot, ExperimentPlace) -> RunRequest,
    judge: @escaping @Sendable ([RunRecord]) throws -> Verdict,
    handle: @escaping @Sendable (Event) throws -> Void,
    salvage: @escaping Salvage = { _, _, _, _ in }
  ) {
    self.id = id
    self.design = design
    self.lanes = lanes
    self.firmwares = [.reference: reference, .candidate: candidate]
    self.made = made
    self.budget = budget
    self.request = request
    self.judge = judge
    self.handle = handle
    self.salvage = salvage
  }

  /// - Throws: the last failure of a slot that failed in all its attempts; `CancellationError`.
  package func run() async throws -> Outcome {
    var state = ExperimentState(design: design)
    var records: [RunRecord] = []
    var verdict: Verdict?
    var lastFailure: (any Error)?
    var budget = budget
    while true {
      try Task.checkCancellation()
      let isOutOfTime =
        state.runsLeft == nil && budget?.allowsMore == false
        && state.upcoming.contains { kept(for: $0) == nil }
      if isOutOfTime {
        state.handle(.timeIsUp)
        try handle(.timeIsUp(runsLeft: state.runsLeft ?? 0))
      }
      switch state.next() {
      case .run(let batch):
        var missing: [RunSlot] = []
        for slot in batch {
          guard let record = kept(for: slot) else {
            missing.append(slot)
            continue
          }
          records.append(record)
          try handle(.reused(slot, record))
          state.handle(.runFinished(slot))
        }
        let begun = ContinuousClock.now
        let results = try await make(missing)
        for case (let slot, .success(let record)) in results {
          records.append(record)
          state.handle(.runFinished(slot))
        }
        for case (let slot, .failure(let error)) in results {
          try Task.checkCancellation()
          lastFailure = error
          try handle(.failed(slot, "\(error)"))
          state.handle(.runFailed(slot))
        }
        if !missing.isEmpty { budget?.took(ContinuousClock.now - begun) }
      case .judge(let runs):
        let made = try judge(records)
        verdict = made
        try handle(.judged(made, runs: runs))
        state.handle(.judged(made.continuation))
      case .finish:
        guard let verdict else { throw RunError.noVerdict }
        return Outcome(records: records, verdict: verdict, runsLeft: state.runsLeft)
      case .giveUp(let slot):
        throw lastFailure ?? RunError.gaveUp(slot: slot, attempts: design.attempts)
      case .wait:
        preconditionFailure("a batch is awaited whole, so nothing is under way here")
      }
    }
  }

  /// The run of a slot that was made before.
  private func kept(for slot: RunSlot) -> RunRecord? {
    made.first {
      guard let place = $0.experiment else { return false }
      return place.arm == slot.arm && place.order == slot.order
    }
  }

  /// Makes runs, each on a lane of its own, and waits for all of them. A record is handed over as
  /// soon as its run has ended: what interrupts the other runs does not take it away.
  private func make(_ batch: [RunSlot]) async throws -> [(RunSlot, Result<RunRecord, any Error>)] {
    try await withThrowingTaskGroup(of: (RunSlot, Result<RunRecord, any Error>).self) { group in
      for (position, slot) in batch.enumerated() {
        let lane = lanes[slot.lane ?? position]
        group.addTask {
          let begun = ContinuousClock.now
          do {
            var record = try await make(slot, on: lane)
            record.hostSeconds = (ContinuousClock.now - begun) / .seconds(1)
            return (slot, .success(record))
          } catch {
            return (slot, .failure(error))
          }
        }
      }
      var results: [(RunSlot, Result<RunRecord, any Error>)] = []
      for try await (slot, result) in group {
        if case .success(let record) = result { try handle(.recorded(slot, record)) }
        results.append((slot, result))
      }
      return results.sorted { $0.0.order < $1.0.order }
    }
  }

  private func make(_ slot: RunSlot, on lane: any DeviceLane) async throws -> RunRecord {
    let firmware = firmwares[slot.arm] ?? ""
    try handle(.starting(slot, firmware: firmware))
    var device: (any Device)?
    do {
      let started = try await lane.start(firmware: firmware, installs: slot.installs)
      device = started.device
      var request = request(
        slot,
        ExperimentPlace(id: id, arm: slot.arm, order: slot.order))
      request.firmwareName = firmware
      request.take(started)
      request.transport = lane.transport
      let record = try await RunExecutor(
        request: request, device: started.device, recover: { try await lane.recover() }
      ) { progress in
        try? handle(.progress(slot, progress))
      }.run()
      if !record.invalid.isEmpty {
        await salvage(slot, device, record.invalid.map(\.reason).joined(separator: "\n"), nil)
      }
      await lane.finish()
      return record
    } catch {
      if device == nil { device = try? await lane.current() }
      await salvage(slot, device, "\(error)", error)
      await lane.finish()
      throw error
    }
  }
}
