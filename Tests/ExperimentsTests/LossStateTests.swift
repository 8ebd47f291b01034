import RunRecords
import Testing

@testable import Experiments

@Suite struct LossStateTests {
  private let limits = LossState.Limits(reconnect: .seconds(60), boot: .seconds(120))

  @Test func aDeviceInTheSameBootGoesOn() {
    var state = LossState(limits: limits)
    #expect(state.handle(.lost(cause: "unplugged")) == .wait(.seconds(60)))
    #expect(state.handle(.survived) == .resume)
    state.wasAway(.milliseconds(1500))
    #expect(
      state.interruptions == [
        .init(cause: "unplugged", outcome: .resumed, powerCycles: 0, awaySeconds: 1.5)
      ])
  }

  @Test func anotherBootBeginsTheRunAgain() {
    var state = LossState(limits: limits)
    _ = state.handle(.lost(cause: "reset"))
    #expect(state.handle(.restarted) == .repeat)
    #expect(state.interruptions.map(\.outcome) == [.repeated])
  }

  @Test func resumesAndRepeatsAreBoundedEachForItself() {
    var state = LossState(limits: limits)
    for _ in 0..<limits.resumes {
      _ = state.handle(.lost(cause: "cut"))
      #expect(state.handle(.survived) == .resume)
    }
    for _ in 0..<limits.repeats {
      _ = state.handle(.lost(cause: "reset"))
      #expect(state.handle(.restarted) == .repeat)
    }
    _ = state.handle(.lost(cause: "cut"))
    var other = state
    #expect(state.handle(.survived) == .giveUp("it was lost 3 times in this boot before"))
    #expect(other.handle(.restarted) == .giveUp("it restarted 2 times in this run before"))
    #expect(state.interruptions.count == limits.resumes + limits.repeats)
  }

  @Test func powerIsTheLastResort() {
    var state = LossState(limits: limits)
    _ = state.handle(.lost(cause: "hangs"))
    #expect(state.handle(.gone) == .cyclePower)
    #expect(state.handle(.powerCycled(true)) == .wait(.seconds(120)))
    #expect(state.handle(.restarted) == .repeat)
    #expect(state.interruptions.first?.powerCycles == 1)
    // The next loss has its own count, but the run's power is not cycled for ever.
    _ = state.handle(.lost(cause: "hangs again"))
    #expect(state.handle(.gone) == .cyclePower)
    #expect(state.handle(.powerCycled(true)) == .wait(.seconds(120)))
    #expect(
      state.handle(.gone) == .giveUp("cycling its power 2 times did not bring it back"))
  }

  @Test func withoutMeansItIsGivenUp() {
    var state = LossState(limits: limits)
    _ = state.handle(.lost(cause: "unplugged"))
    #expect(state.handle(.gone) == .cyclePower)
    #expect(
      state.handle(.powerCycled(false))
        == .giveUp("it did not come back within 60 s, and its file has no power_cycle command"))
  }

  @Test func aFailingPowerCycleIsTriedOnceMore() {
    var state = LossState(limits: limits)
    _ = state.handle(.lost(cause: "hangs"))
    #expect(state.handle(.gone) == .cyclePower)
    #expect(state.handle(.powerCycleFailed("no hub")) == .cyclePower)
    #expect(
      state.handle(.powerCycleFailed("no hub")) == .giveUp("cycling its power failed (no hub)"))
  }

  @Test func zeroPutsUpWithNothing() {
    var state = LossState(limits: .init(reconnect: .zero, boot: .seconds(120)))
    #expect(state.handle(.lost(cause: "cut")) == .giveUp("it was not to be waited for"))
  }
}
