import Foundation
import LatencyHistograms
import RunRecords
import Testing

@testable import RegressionAnalysis

/// The simulator does what its plan says; what the engine makes of it is examined by `ci/exam`.
@Suite struct SimulatorTests {
  /// Small, and silent unless a test makes it noisy.
  private func plan(noise: Double = 0, shift: Double = 0, part: SimulatedEffect.Part = .p50)
    -> SimulationPlan
  {
    var bench = SimulatedBench(bootDeviation: noise, iterationDeviation: 2 * noise)
    bench.metrics = 2
    bench.iterations = 2
    if noise == 0 { bench.badBoots = 0 }
    return SimulationPlan(
      bench: bench, effect: SimulatedEffect(shift: shift, part: part), experiments: 3, seed: 7)
  }

  private func levels(_ plan: SimulationPlan, seed: UInt64 = 7) -> SimulatedLevels {
    SimulatedLevels(
      bench: plan.bench, effect: plan.effect, random: SimulationRandom(seed: seed))
  }

  @Test func theSamePlanGivesTheSameResult() throws {
    let noisy = plan(noise: 0.01)
    #expect(try noisy.run() == noisy.run())
    var first = SimulatedExperiment(noisy, number: 0)
    var again = SimulatedExperiment(noisy, number: 0)
    var second = SimulatedExperiment(noisy, number: 1)
    let runs = first.records().reference
    #expect(runs == again.records().reference)
    #expect(runs != second.records().reference)
  }

  @Test func aStreamIsItsSeedsOwn() {
    var one = SimulationRandom(seed: 1, stream: 3)
    var same = SimulationRandom(seed: 1, stream: 3)
    var other = SimulationRandom(seed: 2, stream: 3)
    let numbers = (0..<4).map { _ in one.next() }
    #expect(numbers == (0..<4).map { _ in same.next() })
    #expect(numbers != (0..<4).map { _ in other.next() })
  }

  @Test func withoutNoiseEveryIterationIsAlike() {
    var bench = levels(plan())
    let first = bench.nextBoot(isCandidate: false)
    #expect(first.count == 2)
    #expect(first[0] == first[1])
    #expect(bench.nextBoot(isCandidate: true) == first)
  }

  @Test func aShiftMovesWhatItShould() {
    for part in SimulatedEffect.Part.allCases {
      var bench = levels(plan(shift: 0.1, part: part))
      let before = bench.nextBoot(isCandidate: false)[0]
      let after = bench.nextBoot(isCandidate: true)[0]
      let moved = zip(before, after).map { exp($1 - $0) - 1 }
      let expected = part == .p50 ? [0.1, 0.1, 0.1, 0, 0, 0] : [0, 0, 0.1, 0, 0, 0]
      for (got, want) in zip(moved, expected) { #expect(abs(got - want) < 1e-12) }
    }
  }

  /// Of a suite that asks for medians the mean is judged, from the look on that a guard may speak at.
  @Test func whereMediansAreAskedTheMeanStandsGuard() throws {
    var plan = plan(noise: 0.005)
    plan.bench.asksMedians = true
    plan.effect = SimulatedEffect(modes: SimulatedModes(unit: .boots, share: 1))
    let result = try plan.run()
    #expect(result.comparisons == 4)
    #expect(result.found?.share == 1 && result.misnamed.share == 0)
    #expect(result.regressionsByRuns.keys.min() == LookLevels.firstTailLook)
    plan.effect = SimulatedEffect(shift: 1, part: .p99)
    #expect(try plan.run().regression.share == 0)
  }

  @Test func noiseHasTheDeviationAskedFor() {
    var plan = plan(noise: 0.01)
    plan.bench.metrics = 1
    plan.bench.iterations = 1
    plan.bench.iterationDeviation = 0
    (plan.bench.spread, plan.bench.drift, plan.bench.badBoots) = (0, 0, 0)
    var bench = levels(plan)
    let boots = (0..<4000).map { _ in bench.nextBoot(isCandidate: false)[0] }
    for (quantile, factor) in plan.bench.quantileFactors.enumerated() {
      let values = boots.map { $0[quantile] }
      let mean = values.reduce(0, +) / 4000
      let deviations = values.map { $0 - mean }
      let variance = deviations.reduce(0) { $0 + $1 * $1 } / 4000
      let carried = zip(deviations, deviations.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / 4000
      #expect(abs(variance.squareRoot() / (0.01 * factor) - 1) < 0.05)
      #expect(abs(carried / variance - 0.4) < 0.06)
    }
  }

  @Test func aHistogramHasItsQuantiles() throws {
    let quantiles = [11.5, 12.1, 13.0]
    let record = SimulatedHistogram.record(
      metric: "simulated.m0", quantiles: quantiles, events: 20_000)
    #expect(record.problem == nil)
    #expect(record.count == 20_000)
    let histogram = try record.histogram()
    for (probability, wanted) in zip(SimulatedBench.probabilities, quantiles) {
      #expect(abs(try #require(histogram.logQuantile(probability)) - wanted) < 0.01)
    }
  }

  @Test func crossingQuantilesStillMakeAHistogram() {
    let record = SimulatedHistogram.record(
      metric: "simulated.m0", quantiles: [12, 11, 10], events: 1000)
    #expect(record.problem == nil)
    #expect(record.count == 1000)
  }

  @Test func aSilentBenchPassesAndFindsAShift() throws {
    let unchanged = try plan().run()
    #expect(unchanged.pass == Proportion(3, of: 3))
    #expect(unchanged.found == nil)
    #expect(unchanged.comparisons == 6)
    let slower = try plan(shift: 0.1).run()
    #expect(slower.found == Proportion(3, of: 3))
    #expect(slower.regression.count == 3)
    #expect(slower.misnamed.count == 0)
  }

  @Test func withoutNoiseTheVerdictTellsTheShift() throws {
    // Whole records and values alone.
    for makesRecords in [true, false] {
      var plan = plan(shift: 0.1)
      plan.makesRecords = makesRecords
      var experiment = SimulatedExperiment(plan, number: 0)
      let outcome = try experiment.outcome()
      func change(_ metric: Int) -> Double? {
        outcome.metrics.first {
          $0.id.text == SimulatedBench.metricText(metric) && $0.statistic == .quantile(0.5)
        }?.change
      }
      #expect(outcome.outcome == .regression)
      #expect(outcome.runs == 3)
      #expect(abs(try #require(change(0)) - 0.1) < 0.002)
      #expect(abs(try #require(change(1))) < 1e-9)
    }
  }

  @Test func theProfileIsTheBenchsNoise() throws {
    var plan = plan(noise: 0.01)
    plan.profileFactor = 2
    plan.bench.spread = 0
    plan.bench.carryOver = 0
    plan.runs = 4
    var experiment = SimulatedExperiment(plan, number: 0)
    let profile = try #require(experiment.records().profile)
    let median = profile.entry(metric: SimulatedBench.metricText(1), statistic: .quantile(0.5))
    // Boots 1%, two iterations 2% each: 1e-4 + 2e-4, a quarter of it believed.
    #expect(abs(try #require(median?.variance) - 0.75e-4) < 1e-12)
    // Boots that resemble their neighbours: worked out with numpy, .7378 is left of theirs.
    plan.bench.carryOver = 0.4
    experiment = SimulatedExperiment(plan, number: 0)
    let carried = try #require(
      experiment.records().profile?.entry(
        metric: SimulatedBench.metricText(1), statistic: .quantile(0.5)))
    #expect(abs(carried.variance - (0.7378e-4 + 2e-4) / 4) < 1e-9)
  }

  @Test func intervalsAreWilsons() {
    let some = Proportion(3, of: 1000)
    #expect(some.share == 0.003)
    // Worked by hand from Wilson's formula.
    #expect(abs(some.low - 0.001020784) < 1e-8)
    #expect(abs(some.high - 0.008783014) < 1e-8)
    #expect(Proportion(0, of: 10).low == 0)
    #expect(abs(Proportion(0, of: 10).high - 0.277533) < 1e-6)
    #expect(Proportion(0, of: 0).high == 1)
  }
}
