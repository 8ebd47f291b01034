import RunRecords
import Testing

@testable import Experiments

@Suite struct ExperimentStateTests {
  private func drain(_ state: inout ExperimentState) -> [RunSlot] {
    var made: [RunSlot] = []
    while case .run(let batch) = state.next() {
      made += batch
      for slot in batch { state.handle(.runFinished(slot)) }
    }
    return made
  }

  @Test func armsAreInterleavedAsABBA() {
    var state = ExperimentState(design: ExperimentDesign(screenRuns: 4, confirmRuns: 4))
    let slots = drain(&state)
    #expect(
      slots.map(\.arm) == [
        .reference, .candidate, .candidate, .reference, .reference, .candidate, .candidate,
        .reference,
      ])
    #expect(slots.map(\.order) == Array(0..<8))
    #expect(state.next() == .judge(.screen))
  }

  @Test func aCleanScreenEndsTheExperiment() {
    var state = ExperimentState(design: ExperimentDesign(screenRuns: 1, confirmRuns: 4))
    _ = drain(&state)
    state.handle(.screenJudged(needsConfirmation: false))
    #expect(state.next() == .finish)
  }

  @Test func aFindingIsConfirmedOnFreshRunsOnly() {
    var state = ExperimentState(design: ExperimentDesign(screenRuns: 2, confirmRuns: 2))
    let screen = drain(&state)
    state.handle(.screenJudged(needsConfirmation: true))
    let confirm = drain(&state)
    #expect(screen.allSatisfy { $0.stage == .screen })
    #expect(confirm.allSatisfy { $0.stage == .confirm })
    #expect(confirm.map(\.order) == [4, 5, 6, 7])
    #expect(state.next() == .judge(.confirm))
    state.handle(.confirmationJudged)
    #expect(state.next() == .finish)
  }

  @Test func lanesRunAPairAtTheSameTime() {
    var state = ExperimentState(design: ExperimentDesign(screenRuns: 2, confirmRuns: 0, lanes: 2))
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
        design: ExperimentDesign(screenRuns: 2, confirmRuns: 0, attempts: 3))
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

  @Test func theTimeEndsAStageWithWhatIsThere() {
    var state = ExperimentState(design: ExperimentDesign(screenRuns: 4, confirmRuns: 4))
    for _ in 0..<3 {
      guard case .run(let batch) = state.next() else { break }
      for slot in batch { state.handle(.runFinished(slot)) }
    }
    state.handle(.timeIsUp)
    #expect(state.runsLeft == 5)
    #expect(state.next() == .judge(.screen))
    // It found something: without time that stays open.
    state.handle(.screenJudged(needsConfirmation: true))
    #expect(state.next() == .finish)
  }

  @Test func theTimeEndsAConfirmationBeforeOrWithinItsRuns() {
    for made in [0, 3] {
      var state = ExperimentState(design: ExperimentDesign(screenRuns: 2, confirmRuns: 2))
      _ = drain(&state)
      state.handle(.screenJudged(needsConfirmation: true))
      for _ in 0..<made {
        guard case .run(let batch) = state.next() else { break }
        for slot in batch { state.handle(.runFinished(slot)) }
      }
      state.handle(.timeIsUp)
      #expect(state.runsLeft == 4 - made)
      // Without a fresh run the screen's verdict stands; with some they are judged.
      #expect(state.next() == (made == 0 ? .finish : .judge(.confirm)))
    }
  }

  @Test func theTimeSaysNothingOnceAllRunsAreMade() {
    var state = ExperimentState(design: ExperimentDesign(screenRuns: 1, confirmRuns: 1))
    _ = drain(&state)
    state.handle(.timeIsUp)
    #expect(state.runsLeft == nil)
    #expect(state.upcoming.isEmpty)
  }

  @Test func aRunMadeAgainWaitsForItsDevice() {
    var state = ExperimentState(
      design: ExperimentDesign(
        layout: .crossover, screenRuns: 2, confirmRuns: 0, lanes: 2, attempts: 2))
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
