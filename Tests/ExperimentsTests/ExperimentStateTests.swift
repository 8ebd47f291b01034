import RegressionAnalysis
import RunRecords
import Testing

@testable import Experiments

@Suite struct ExperimentStateTests {
  /// Makes all runs up to the next look.
  private func drain(_ state: inout ExperimentState) -> [RunSlot] {
    var made: [RunSlot] = []
    while case .run(let batch) = state.next() {
      made += batch
      for slot in batch { state.handle(.runFinished(slot)) }
    }
    return made
  }

  @Test func armsAreInterleavedAsABBA() {
    var state = ExperimentState(design: ExperimentDesign(runs: 4))
    var slots = drain(&state)
    #expect(state.next() == .judge(runs: 3))
    state.handle(.judged(.leaning))
    slots += drain(&state)
    #expect(
      slots.map(\.arm) == [
        .reference, .candidate, .candidate, .reference, .reference, .candidate, .candidate,
        .reference,
      ])
    #expect(slots.map(\.order) == Array(0..<8))
    #expect(state.next() == .judge(runs: 4))
  }

  @Test func aSettledVerdictEndsTheExperiment() {
    var state = ExperimentState(design: ExperimentDesign(runs: 8, mostRuns: 16))
    #expect(drain(&state).count == 6)
    state.handle(.judged(.settled))
    #expect(state.next() == .finish)
  }

  @Test func theLooksFollowEachPairOfRuns() {
    for (continuation, most) in [(Continuation.leaning, 5), (.open, 7)] {
      var state = ExperimentState(design: ExperimentDesign(runs: 5, mostRuns: 7))
      var looks: [Int] = []
      loop: while true {
        switch state.next() {
        case .run(let batch): for slot in batch { state.handle(.runFinished(slot)) }
        case .judge(let runs):
          looks.append(runs)
          state.handle(.judged(continuation))
        case .finish: break loop
        default:
          Issue.record("unexpected action")
          break loop
        }
      }
      #expect(looks == Array(3...most))
    }
  }

  @Test func lanesRunAPairAtTheSameTime() {
    var state = ExperimentState(design: ExperimentDesign(runs: 2, lanes: 2))
    guard case .run(let pair) = state.next() else {
      Issue.record("no run")
      return
    }
    #expect(Set(pair.map(\.arm)) == [.reference, .candidate])
    #expect(state.next() == .wait)
    state.handle(.runFinished(pair[0]))
    #expect(state.next() == .wait)
    state.handle(.runFinished(pair[1]))
    #expect(state.next() != .wait)
  }

  @Test func bothArmsHaveTheSameNumberOfAttempts() {
    for failing in [ExperimentPlace.Arm.reference, .candidate] {
      var state = ExperimentState(
        design: ExperimentDesign(runs: 2, attempts: 3))
      var attempts = 0
      loop: while true {
        switch state.next() {
        case .run(let batch):
          for slot in batch {
            if slot.arm == failing {
              attempts += 1
              state.handle(.runFailed(slot))
            } else {
              state.handle(.runFinished(slot))
            }
          }
        case .giveUp(let slot):
          #expect(slot.arm == failing)
          break loop
        default:
          Issue.record("the experiment went on without a run of the failing arm")
          break loop
        }
      }
      #expect(attempts == 3)
    }
  }

  @Test func theTimeEndsAnExperimentWithWhatIsThere() {
    var state = ExperimentState(design: ExperimentDesign(runs: 4, mostRuns: 8))
    for _ in 0..<5 {
      guard case .run(let batch) = state.next() else { break }
      for slot in batch { state.handle(.runFinished(slot)) }
    }
    state.handle(.timeIsUp)
    // One more up to the look, two more of the plan.
    #expect(state.runsLeft == 3)
    #expect(state.next() == .judge(runs: 3))
    // It found something: without time that stays open.
    state.handle(.judged(.open))
    #expect(state.next() == .finish)
  }

  @Test func theLastVerdictStandsWhenTheTimeEndsBeforeARun() {
    for made in [0, 1] {
      var state = ExperimentState(design: ExperimentDesign(runs: 4, mostRuns: 8))
      _ = drain(&state)
      state.handle(.judged(.leaning))
      for _ in 0..<made {
        guard case .run(let batch) = state.next() else { break }
        for slot in batch { state.handle(.runFinished(slot)) }
      }
      state.handle(.timeIsUp)
      #expect(state.runsLeft == 2 - made)
      #expect(state.next() == (made == 0 ? .finish : .judge(runs: 4)))
    }
  }

  @Test func theTimeSaysNothingWhileRunsAreJudged() {
    var state = ExperimentState(design: ExperimentDesign(runs: 1))
    _ = drain(&state)
    state.handle(.timeIsUp)
    #expect(state.runsLeft == nil)
    #expect(state.upcoming.isEmpty)
  }

  @Test func aRunMadeAgainWaitsForItsDevice() {
    var state = ExperimentState(
      design: ExperimentDesign(
        layout: .crossover, runs: 2, lanes: 2, attempts: 2))
    guard case .run(let pair) = state.next() else {
      Issue.record("no run")
      return
    }
    state.handle(.runFinished(pair[1]))
    state.handle(.runFailed(pair[0]))
    guard case .run(let again) = state.next() else {
      Issue.record("the run is not made again")
      return
    }
    #expect(again.map(\.lane) == [0])
    #expect(again.first?.attempt == 2)
  }
}
