import RunRecords
import Testing

@testable import RegressionAnalysis

/// Iterations of a run, chosen by cost and scatter.
@Suite struct IterationChoiceTests {
  private func noise(
    _ metric: String, within: Double?, between: Double, gating: Bool = true
  ) -> MetricNoise {
    MetricNoise(
      metric: metric, statistic: .quantile(0.5), gating: gating, runs: 8, degreesOfFreedom: 7,
      variance: between * between, withinDeviation: within, runDeviation: between,
      flashDeviation: nil, autocorrelation: 0, drift: 0, driftP: 1, modes: nil, threshold: 0.03,
      floor: 0.01, detectable: [], source: .runs)
  }

  private func choice(
    _ noise: [MetricNoise], boot: Double = 40, iteration: Double = 2,
    policy: VerdictPolicy = VerdictPolicy()
  ) -> IterationChoice? {
    IterationChoice(noise: noise, policy: policy, boot: boot, iteration: iteration)
  }

  /// sqrt(c / d * W / B), where that is within the range.
  @Test(arguments: [
    (40.0, 2.0, 0.04, 0.02, 9), (40.0, 40.0, 0.06, 0.01, 6), (16.0, 4.0, 0.04, 0.01, 8),
  ])
  func theOptimumOfCostAndScatter(
    boot: Double, iteration: Double, within: Double, between: Double, expected: Int
  ) throws {
    let made = try #require(
      choice([noise("m", within: within, between: between)], boot: boot, iteration: iteration))
    #expect(made.iterations == expected)
    #expect(made.metric == "m" && made.withinDeviation == within && made.runDeviation == between)
  }

  @Test func neverFewerThanShowAnIntermittentDefect() throws {
    let quiet = [noise("m", within: 0.001, between: 0.05)]
    #expect(try #require(choice(quiet, boot: 1, iteration: 60)).iterations == 3)
  }

  @Test func neverMoreThanTheRange() throws {
    let scattered = [noise("m", within: 0.5, between: 0)]
    #expect(try #require(choice(scattered, boot: 600, iteration: 0.1)).iterations == 20)
  }

  @Test func theMetricThatNeedsMostTimeDecides() throws {
    let all = [
      noise("calm", within: 0.01, between: 0.01), noise("hard", within: 0.3, between: 0.02),
    ]
    let made = try #require(choice(all))
    #expect(made.metric == "hard" && made.iterations == 20)
  }

  /// A metric with a wide budget is easy however much it scatters.
  @Test func aWideBudgetAsksForNothing() throws {
    var policy = VerdictPolicy()
    policy.budgets = [MetricBudget(pattern: "wide", budget: 4)]
    let all = [
      noise("wide", within: 0.3, between: 0.02), noise("narrow", within: 0.01, between: 0.01),
    ]
    #expect(try #require(choice(all, policy: policy)).metric == "narrow")
  }

  @Test func nothingIsChosenWithoutKnowledge() {
    #expect(choice([]) == nil)
    #expect(choice([noise("m", within: nil, between: 0.01)]) == nil)
    #expect(choice([noise("m", within: 0.1, between: 0.01, gating: false)]) == nil)
    #expect(choice([noise("m", within: 0.1, between: 0.01)], iteration: 0) == nil)
  }
}
