import RegressionAnalysis

/// Decides which runs an experiment makes next. Pure: events in, actions out.
package struct ExperimentState: Sendable, Equatable {
  /// What happened.
  package enum Event: Sendable, Equatable {
    case runFinished(RunSlot)
    case runFailed(RunSlot)
    /// There is no time for more runs: what is there is judged, and that is the end.
    case timeIsUp
    /// All runs so far were judged.
    case judged(Continuation)
  }

  /// What is to be done next.
  package enum Action: Sendable, Equatable {
    /// Make these runs, at the same time when there are several.
    case run([RunSlot])
    /// Judge all runs so far: so many per arm.
    case judge(runs: Int)
    /// No more runs: the last verdict stands.
    case finish
    /// A slot failed in all its attempts.
    case giveUp(RunSlot)
    /// Runs are still under way.
    case wait
  }

  private enum Step: Sendable, Equatable {
    case running
    case judging
    case finished
    case gaveUp(RunSlot)
  }

  private let design: ExperimentDesign
  private var step: Step = .running
  /// Looks that are still to come, in runs per arm.
  private var looks: ArraySlice<Int>
  /// Runs up to the next look.
  private var queue: [RunSlot]
  private var underWay: Set<RunSlot> = []
  /// Runs made since the last look.
  private var fresh = 0
  /// Runs that the time did not allow; nil = it allowed all that were asked for.
  package private(set) var runsLeft: Int?

  package init(design: ExperimentDesign) {
    self.design = design
    looks = design.looks[...]
    queue = looks.first.map { design.slots($0) } ?? []
  }

  /// The next action; marks the runs it hands out as under way.
  package mutating func next() -> Action {
    switch step {
    case .finished: return .finish
    case .gaveUp(let slot): return .giveUp(slot)
    case .judging: return .judge(runs: looks.first ?? design.runs)
    case .running:
      guard underWay.isEmpty else { return .wait }
      guard !queue.isEmpty else {
        step = .judging
        return next()
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
      fresh += 1
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
      guard step == .running, let look = looks.first else { return }
      let planned = design.slots(max(design.runs, look)).count
      runsLeft = planned - design.slots(look).count + queue.count
      queue = []
      // What was judged before stands when nothing was made since.
      if fresh == 0 { step = .finished }
    case .judged(let continuation):
      guard step == .judging, let look = looks.popFirst() else { return }
      let goesOn = continuation.goesOn(
        runs: look, planned: design.runs, most: design.mostRuns)
      guard goesOn, runsLeft == nil, let next = looks.first else {
        step = .finished
        return
      }
      fresh = 0
      queue = Array(design.slots(next).dropFirst(design.slots(look).count))
      step = .running
    }
  }
}
