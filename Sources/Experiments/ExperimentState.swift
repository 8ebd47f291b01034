import RunRecords

/// How many runs an experiment holds and how they are spread over devices.
package struct ExperimentDesign: Sendable, Equatable {
  /// Runs of each arm before the first judgement.
  package var screenRuns: Int
  /// Fresh runs of each arm after a screen that found something or could not decide.
  package var confirmRuns: Int
  /// Runs made at the same time, each on a device of its own: 1 or 2.
  package var lanes: Int
  /// Attempts a slot gets before the experiment gives up; the same for both arms, because
  /// retrying only the slow build would discard its evidence.
  package var attempts: Int

  package init(screenRuns: Int, confirmRuns: Int, lanes: Int = 1, attempts: Int = 1) {
    self.screenRuns = screenRuns
    self.confirmRuns = confirmRuns
    self.lanes = lanes
    self.attempts = attempts
  }
}

/// One place in the experiment: a run that is to be made.
package struct RunSlot: Sendable, Equatable, Hashable {
  package var arm: ExperimentPlace.Arm
  package var stage: ExperimentPlace.Stage
  /// Position in the whole experiment from 0; the trend term of the analysis.
  package var order: Int
  /// Attempt from 1.
  package var attempt: Int
}

/// Decides which runs an experiment makes next. Pure: events in, actions out.
///
/// Runs come in pairs A B, B A, A B, …: a drift of the bench that is linear in time then falls on
/// both arms alike. With two lanes the two runs of a pair are made at the same time.
package struct ExperimentState: Sendable, Equatable {
  /// What happened.
  package enum Event: Sendable, Equatable {
    case runFinished(RunSlot)
    case runFailed(RunSlot)
    case screenJudged(needsConfirmation: Bool)
    case confirmationJudged
  }

  /// What is to be done next.
  package enum Action: Sendable, Equatable {
    /// Make these runs, at the same time when there are several.
    case run([RunSlot])
    /// Judge all runs so far.
    case judge(ExperimentPlace.Stage)
    /// No more runs: the last verdict stands.
    case finish
    /// A slot failed in all its attempts.
    case giveUp(RunSlot)
    /// Runs are still under way.
    case wait
  }

  private enum Step: Sendable, Equatable {
    case running(ExperimentPlace.Stage)
    case judging(ExperimentPlace.Stage)
    case finished
    case gaveUp(RunSlot)
  }

  private let design: ExperimentDesign
  private var step: Step = .running(.screen)
  private var queue: [RunSlot]
  private var underWay: Set<RunSlot> = []

  package init(design: ExperimentDesign) {
    self.design = design
    self.queue = Self.slots(stage: .screen, perArm: design.screenRuns, firstOrder: 0)
  }

  /// The interleaved slots of a stage.
  package static func slots(
    stage: ExperimentPlace.Stage, perArm: Int, firstOrder: Int
  ) -> [RunSlot] {
    (0..<perArm).flatMap { pair -> [RunSlot] in
      let arms: [ExperimentPlace.Arm] =
        pair.isMultiple(of: 2) ? [.reference, .candidate] : [.candidate, .reference]
      return arms.enumerated().map { position, arm in
        RunSlot(arm: arm, stage: stage, order: firstOrder + 2 * pair + position, attempt: 1)
      }
    }
  }

  /// The next action; marks the runs it hands out as under way.
  package mutating func next() -> Action {
    switch step {
    case .finished: return .finish
    case .gaveUp(let slot): return .giveUp(slot)
    case .judging(let stage): return .judge(stage)
    case .running(let stage):
      guard underWay.isEmpty else { return .wait }
      guard !queue.isEmpty else {
        step = .judging(stage)
        return .judge(stage)
      }
      let batch = Array(queue.prefix(max(1, design.lanes)))
      queue.removeFirst(batch.count)
      underWay = Set(batch)
      return .run(batch)
    }
  }

  /// Takes note of an event.
  package mutating func handle(_ event: Event) {
    switch event {
    case .runFinished(let slot):
      underWay.remove(slot)
    case .runFailed(let slot):
      underWay.remove(slot)
      guard slot.attempt < design.attempts else {
        step = .gaveUp(slot)
        return
      }
      var again = slot
      again.attempt += 1
      queue.insert(again, at: 0)
    case .screenJudged(let needsConfirmation):
      guard needsConfirmation, design.confirmRuns > 0 else {
        step = .finished
        return
      }
      queue = Self.slots(
        stage: .confirm, perArm: design.confirmRuns, firstOrder: 2 * design.screenRuns)
      step = .running(.confirm)
    case .confirmationJudged:
      step = .finished
    }
  }
}
