import Experiments
import Foundation
import POSIXSupport
import ProbeBuild
import RegressionAnalysis
import Reporting
import RunRecords

/// A check with everything it needs: estimates its cost, makes its runs, judges them.
package struct CheckExperiment: Sendable {
  package var setup: CheckSetup
  package var plan: Plan
  package let target: LaneFactory.Target
  package var bundle: ProbeBundle
  package let policy: VerdictPolicy
  /// What is known of the bench; nil = nothing.
  package var profile: NoiseProfile?
  /// Runs of the suite on the target before this check, for their cost.
  package var earlier: [RunRecord]
  package var directory: CheckDirectory
  /// Where files of failed runs are kept.
  package let failures: FailureFiles
  package let console: Console
  package let memory: BenchMemory
  /// Known issues.
  package var waivers: [MetricWaiver] = []
  /// Why the bench should not judge, where it has to anyway.
  package var caveat: String?
  /// Stored runs in the reference's place.
  package var baseline: [RunRecord] = []
  /// What becomes of the traces of an arm's iterations; nil = nothing is recorded.
  package var recording: (@Sendable (ExperimentPlace.Arm) -> IterationRecording)?

  // MARK: Before it begins

  /// Keeps what was asked for, so that the check can be resumed.
  package func begin() throws { try directory.begin(setup, profile: profile) }

  /// Chooses the iterations of a run by what they cost and how they scatter on this rig.
  /// - Returns: why so many; nil where nothing is known and the suite's number stays.
  package mutating func chooseIterations() -> IterationChoice? {
    guard let cost = cost([]), let iteration = cost.iteration else { return nil }
    let one = iteration / .seconds(1)
    let installing = cost.installing / .seconds(1)
    let whole = cost.run / .seconds(1)
    let noise = memory.calibration?.metrics ?? scatter(of: earlier, policy: policy)
    guard
      let choice = IterationChoice(
        noise: noise, policy: policy,
        boot: whole + installing - one * Double(plan.suite.iterations), iteration: one)
    else { return nil }
    setup.iterations = choice.iterations
    plan.suite.iterations = choice.iterations
    return choice
  }

  /// What the design costs and finds, as far as it is known.
  package func planned(_ design: ExperimentDesign, made: [RunRecord]) -> ExperimentPlan {
    ExperimentPlan(design, cost: cost(made), profile: profile, policy: policy)
  }

  /// The design that fits a time.
  /// - Throws: `ExperimentPlan.PlanError`.
  package func fitting(
    _ limit: Duration, made: [RunRecord], allowsBlind: Bool
  ) throws(ExperimentPlan.PlanError) -> ExperimentPlan {
    guard let cost = cost(made) else { return planned(setup.design, made: made) }
    return try ExperimentPlan.fitting(
      limit, setup.design, cost: cost, profile: profile, policy: policy, allowsBlind: allowsBlind)
  }

  /// What a design's planned runs take; zero when it is not known.
  package func time(of design: ExperimentDesign) -> Duration {
    planned(design, made: []).time?.planned ?? .zero
  }

  /// The events to expect, by earlier runs.
  package func expectedEvents(made: [RunRecord]) -> ExpectedEvents? {
    ExpectedEvents(
      records: earlier + made, iterations: plan.suite.iterations, policy: policy)
  }

  /// Whether what runs take is known before the first.
  package var knowsCost: Bool { cost([]) != nil }

  private func cost(_ made: [RunRecord]) -> RunTime? {
    let costs = target.definition.costs
    let installing = setup.layout == .boots ? nil : costs?.flash
    return RunTime(
      records: earlier + made, iterations: plan.suite.iterations, installing: installing)
      ?? costs?.run.map {
        RunTime(run: $0, installing: installing ?? .zero, overhead: .zero, runs: 0)
      }
  }

  // MARK: Runs

  /// Makes the runs that are not made yet, within the time when there is a limit.
  package func run(
    _ design: ExperimentDesign, made: [RunRecord] = [], limit: Duration? = nil
  ) async throws -> ExperimentRunner.Outcome {
    let cost = cost(made)
    let display = RunDisplay(
      console: console, runs: design.slots(design.runs).count, made: made.count,
      expected: cost?.time(of: design, runs: design.runs))
    defer { display.end() }
    let budget = limit.map { TimeBudget(limit: $0, expected: cost?.run ?? .zero) }
    return try await ExperimentRunner(
      id: setup.id, design: design, lanes: lanes(design, made), reference: setup.reference,
      candidate: setup.candidate, made: made, budget: budget,
      request: { slot, place in request(slot, place) },
      judge: { try RegressionAnalysis.judge(input($0)) },
      handle: { event in try show(event, design, display) },
      salvage: { slot, device, reason, error in
        await failures.collect(
          "run-\(slot.order + 1)-\(timestamp())", of: device, reason: reason, error: error)
      }
    ).run()
  }

  /// Those of the target; real devices are asked what they run before anything is measured.
  private func lanes(_ design: ExperimentDesign, _ made: [RunRecord]) -> [any DeviceLane] {
    guard !target.isVirtual else { return target.lanes }
    let identities = ArmIdentities(
      reference: setup.reference, candidate: setup.candidate, isAA: setup.isAA, made: made,
      stored: baseline)
    return target.lanes.map {
      IdentifiedLane(
        $0, definition: target.definition, identities: identities,
        runsBoth: design.layout.devices == 1)
    }
  }

  /// Writes what the runs say, and records that went missing meanwhile.
  package func keep(_ records: [RunRecord], _ verdict: Verdict, _ report: VerdictReport) throws {
    if !directory.isBegun { try begin() }
    let lost = try directory.restore(records)
    if lost > 0 {
      console.error(
        "\(lost) of \(records.count) records were no longer in \(directory.runs): written again")
    }
    try directory.write(verdict, report)
  }

  /// What the records say.
  package func input(_ records: [RunRecord]) -> VerdictInput {
    var input = VerdictInput(experiment: records, policy: policy)
    input.reference += baseline
    input.profile = profile
    input.waivers = waivers
    input.benchCaveat = caveat
    return input
  }

  private func request(_ slot: RunSlot, _ place: ExperimentPlace) -> RunRequest {
    var request = plan.request(
      bundle: bundle, definition: target.definition, transport: "", firmware: "",
      firmwareID: nil)
    request.place = place
    if setup.isAA { request.place?.isAA = true }
    request.measuresOverhead = slot.measuresOverhead
    request.recording = recording?(slot.arm)
    // A virtual device's own serial is its port, another one in every boot.
    if let lane = slot.lane, target.isVirtual { request.serial = "virtual-\(lane + 1)" }
    return request
  }

  private func show(
    _ event: ExperimentRunner.Event, _ design: ExperimentDesign, _ display: RunDisplay
  ) throws {
    switch event {
    case .starting(let slot, let firmware):
      display.starting(
        order: slot.order, arm: "\(slot.arm.rawValue) (\(firmware))",
        isBeyondPlan: slot.order >= design.slots(design.runs).count)
    case .progress(let slot, let progress):
      display.progress(order: slot.order, progress)
    case .recorded(let slot, let record):
      let path = Result { try RecordFiles.write(record, to: directory.runs) }
      display.finished(order: slot.order)
      switch path {
      case .success(let path): console.detail("record: \(path)")
      case .failure(let error):
        // What was measured counts; it is tried again at the end.
        display.line("the record of run \(slot.order + 1) is not written: \(error)")
      }
    case .reused(let slot, _):
      console.detail("run \(slot.order + 1) (\(slot.arm.rawValue)) was made before")
    case .failed(let slot, let reason):
      display.line("run \(slot.order + 1) (\(slot.arm.rawValue)) failed: \(reason)")
    case .judged(let verdict, let runs):
      let goesOn = verdict.continuation.goesOn(
        runs: runs, planned: design.runs, most: design.mostRuns)
      display.line(LookLine(verdict, runs: runs, goesOn: goesOn).text)
    case .timeIsUp(let left):
      display.line("the time is up: \(left) runs are left out")
    }
  }
}

extension LaneFactory.Target {
  package var isVirtual: Bool { lanes.first?.transport == "virtual" }
}
