import Foundation

/// The same two-stage rule for somebody who knows the noise: what no engine can exceed by much.
///
/// It sees the quantiles themselves instead of histograms, takes means over iterations, fits arm
/// and trend, and knows the variance of the difference, carry-over included. It has one statistic
/// in mind but pays for all comparisons.
package struct SimulatedOracle {
  private let plan: SimulationPlan

  package init(_ plan: SimulationPlan) { self.plan = plan }

  /// In how many of the plan's experiments the change is called a regression.
  package func found() -> Proportion {
    Proportion((0..<plan.experiments).filter(isFound).count, of: plan.experiments)
  }

  private func isFound(_ number: Int) -> Bool {
    let policy = VerdictPolicy()
    let quantile = plan.effect.part == .p50 ? 0 : SimulatedBench.probabilities.count - 1
    let comparisons = Double(plan.bench.metrics * SimulatedBench.probabilities.count)
    let tau = log1p(QuantileThreshold.standard[quantile].threshold)
    var levels = SimulatedLevels(
      bench: plan.bench, effect: plan.effect, runsPerStage: 2 * plan.runs,
      random: SimulationRandom(seed: plan.seed, stream: UInt64(number)))
    let noise = levels.deviationFactors[quantile]
    var stages: [(delta: Double, variance: Double)] = []
    for runs in [plan.runs, plan.confirmRuns] where runs > 0 {
      let arms = (0..<2 * runs).map { [1, 2].contains($0 % 4) }
      let values = arms.map { isCandidate in
        let passes = levels.nextBoot(isCandidate: isCandidate)
        return passes.reduce(0) { $0 + $1[quantile] } / Double(passes.count)
      }
      let weights = Self.weights(arms)
      let delta = zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 }
      stages.append((delta, noise * noise * variance(weights)))
    }
    guard stages.count == 2 else { return false }
    let z = stages.map { $0.delta / $0.variance.squareRoot() }
    let (a, b) = (Double(plan.runs), Double(plan.confirmRuns))
    let mean = (a * stages[0].delta + b * stages[1].delta) / (a + b)
    let together = (a.squareRoot() * z[0] + b.squareRoot() * z[1]) / (a + b).squareRoot()
    return z[0] > NormalDistribution.upperQuantile(policy.screenAlpha / 2)
      && stages[0].delta >= policy.screenShare * tau
      && z[1] > NormalDistribution.upperQuantile(policy.freshAlpha / 2) && mean >= tau
      && together >= NormalDistribution.upperQuantile(policy.alpha / 2 / comparisons)
  }

  /// What every run counts in the difference of the arms beside a trend.
  private static func weights(_ arms: [Bool]) -> [Double] {
    let centre = Double(arms.count - 1) / 2
    let rows = arms.enumerated().map { [1, $1 ? 1.0 : 0, Double($0) - centre] }
    guard let model = LinearModel(rows: rows) else { return arms.map { _ in 0 } }
    return arms.indices.map { run in
      model.fit(arms.indices.map { $0 == run ? 1.0 : 0 }, column: 1).coefficient
    }
  }

  /// Of a weighted sum of runs, for a metric of ordinary noise.
  private func variance(_ weights: [Double]) -> Double {
    let bench = plan.bench
    let boot = bench.bootDeviation * bench.bootDeviation
    let own = bench.iterationDeviation * bench.iterationDeviation / Double(bench.iterations)
    var sum = 0.0
    for i in weights.indices {
      for j in weights.indices {
        let shared = boot * pow(bench.carryOver, Double(abs(i - j)))
        sum += weights[i] * weights[j] * (shared + (i == j ? own : 0))
      }
    }
    return sum
  }
}
