import RunRecords

/// Decides which runs an experiment makes next. Pure: events in, actions out.
package struct ExperimentState: Sendable, Equatable {
  /// What happened.
  package enum Event: Sendable, Equatable {
    case runFinished(RunSlot)
    case runFailed(RunSlot)
    /// There is no time for more runs: what is there is judged, and that is the end.
    case timeIsUp
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
  /// Runs that the time did not allow; nil = it allowed all that were asked for.
  package private(set) var runsLeft: Int?

  package init(design: ExperimentDesign) {
    self.design = design
    self.queue = design.slots(.screen)
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
      let batch = upcoming
      queue.removeFirst(batch.count)
      underWay = Set(batch)
      return .run(batch)
    }
  }

  /// What ``next()`` would hand out to be made; empty when it is not the time for runs.
  package var upcoming: [RunSlot] {
    guard case .running = step, underWay.isEmpty else { return [] }
    var batch: [RunSlot] = []
    for slot in queue.prefix(max(1, design.lanes)) {
      // A run that is made again may want the device of the next one.
      if slot.lane != nil, batch.contains(where: { $0.lane == slot.lane }) { break }
      batch.append(slot)
    }
    return batch
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
    case .timeIsUp:
      guard case .running(let stage) = step else { return }
      runsLeft = queue.count
      queue = []
      // Fresh runs that were never begun are judged already: the screen's verdict stands.
      if stage == .confirm, runsLeft == design.slots(.confirm).count { step = .finished }
    case .screenJudged(let needsConfirmation):
      guard needsConfirmation, design.confirmRuns > 0 else {
        step = .finished
        return
      }
      queue = design.slots(.confirm)
      step = .running(.confirm)
      if runsLeft != nil { handle(.timeIsUp) }
    case .confirmationJudged:
      step = .finished
    }
  }
}
