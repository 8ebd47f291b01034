import Testing

@testable import Experiments

@Suite struct FrequencyTallyTests {
  @Test func windowsCountByTheirLength() {
    var tally = FrequencyTally()
    tally.add(cpu: 0, knownNs: 3000, meanKHz: 1_000_000, changes: 2)
    tally.add(cpu: 0, knownNs: 1000, meanKHz: 2_000_000, changes: 1)
    tally.add(cpu: 4, knownNs: 10, meanKHz: 600_000, changes: 0)
    #expect(
      tally.covariates == [
        "cpu0_mean_khz": 1_250_000, "cpu0_frequency_changes": 3,
        "cpu4_mean_khz": 600_000, "cpu4_frequency_changes": 0,
      ])
  }

  @Test func whatIsNotKnownIsLeftOut() {
    var tally = FrequencyTally()
    tally.add(cpu: 1, knownNs: 0, meanKHz: 0, changes: 5)
    #expect(tally.covariates.isEmpty)
  }
}
