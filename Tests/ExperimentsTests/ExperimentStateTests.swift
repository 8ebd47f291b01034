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
}
