import Testing

@testable import RegressionAnalysis

/// How many runs would decide.
@Suite struct RunsNeededTests {
  private func comparison(shared: Double = 0) -> ArmFit {
    ArmFit(
      delta: 0, variance: 4e-4, degreesOfFreedom: 5, leverage: 0.5, runs: 4,
      moderatedVariance: 4e-4, moderatedDegrees: 20, shared: shared)
  }

  @Test(arguments: [0.005, 0.01, 0.02, 0.03, 0.05, 0.2])
  func isTheLeastThatSuffices(margin: Double) throws {
    let needed = try #require(comparison().runsNeeded(margin: margin, tail: 0.025, most: 1000))
    for most in [needed, needed + 1, 64 + needed] {
      #expect(comparison().runsNeeded(margin: margin, tail: 0.025, most: most) == needed)
    }
    #expect(
      needed == 2 || comparison().runsNeeded(margin: margin, tail: 0.025, most: needed - 1) == nil)
  }

  @Test func halfTheMarginNeedsAboutFourTimesTheRuns() throws {
    let wide = try #require(comparison().runsNeeded(margin: 0.02, tail: 0.025, most: 1000))
    let narrow = try #require(comparison().runsNeeded(margin: 0.01, tail: 0.025, most: 1000))
    #expect((3.5...4.2).contains(Double(narrow) / Double(wide)))
    // Known variance: 2 (1.96 + 0.84)^2 4e-4 / margin^2 = 62.8.
    #expect((63...65).contains(narrow))
  }

  @Test func someNoiseNoNumberReduces() {
    #expect(comparison(shared: 1e-3).runsNeeded(margin: 0.02, tail: 0.025, most: 1000) == nil)
    #expect(comparison().runsNeeded(margin: 0, tail: 0.025, most: 1000) == nil)
  }
}
