import Foundation

/// The state of a simulated bench as boots go by: quantiles without histograms.
struct SimulatedLevels {
  private let bench: SimulatedBench
  private let effect: SimulatedEffect
  /// Runs over which the drift takes one boot's standard deviation.
  private static let driftRuns = 8
  private var random: SimulationRandom
  /// Per metric and quantile, in one list.
  private var centres: [Double] = []
  private(set) var deviationFactors: [Double] = []
  private var slopes: [Double] = []
  private var carried: [Double] = []
  private var boots = 0
  /// Whether the boot before was slow, by habit and by defect.
  private var spells: (habit: Bool?, defect: Bool?)

  init(
    bench: SimulatedBench, effect: SimulatedEffect, random: SimulationRandom
  ) {
    self.bench = bench
    self.effect = effect
    self.random = random
    for _ in 0..<bench.metrics {
      // Medians from 20 us to 2 ms, so that bucket edges fall everywhere.
      let median = log(20_000) + log(100) * self.random.uniform()
      let noise = exp(bench.spread * self.random.normal())
      for (probability, factor) in zip(SimulatedBench.probabilities, bench.quantileFactors) {
        centres.append(median + 0.25 * NormalDistribution.quantile(probability))
        deviationFactors.append(noise * factor)
      }
    }
    slopes = correlated().map { $0 * bench.drift / Double(Self.driftRuns - 1) }
    carried = correlated()
  }

  /// Natural logarithms of p50, p90, p99 of every metric, for every iteration of the next boot.
  mutating func nextBoot(isCandidate: Bool) -> [[Double]] {
    let heavy = bench.heavyTails ? random.heavyScale() : 1
    let fresh = correlated().map { $0 * heavy }
    let noise = isCandidate ? effect.noise : 1
    let keep = bench.carryOver
    for position in carried.indices where boots > 0 {
      carried[position] =
        keep * carried[position] + (1 - keep * keep).squareRoot() * fresh[position]
    }
    let isBad = random.uniform() < bench.badBoots
    let slowdowns = centres.map { _ in
      (0.5 + random.uniform()) * (isBad ? bench.badBootSlowdown : 0)
    }
    var levels = centres
    for position in levels.indices {
      let deviation =
        bench.bootDeviation * (noise * carried[position] + Double(boots) * slopes[position])
      levels[position] += deviationFactors[position] * (deviation + slowdowns[position])
      let (metric, quantile) = position.quotientAndRemainder(
        dividingBy: SimulatedBench.probabilities.count)
      if isCandidate, effect.changes(metric: metric, quantile: quantile) {
        levels[position] += log(1 + effect.shift)
      }
    }
    boots += 1
    var passes = (0..<bench.iterations).map { _ in
      zip(levels, correlated()).enumerated().map { position, pair in
        pair.0 + bench.iterationDeviation * noise * deviationFactors[position] * pair.1
      }
    }
    var spells = spells
    slow(&passes, by: bench.habit, &spells.habit)
    if isCandidate { slow(&passes, by: effect.modes, &spells.defect) }
    self.spells = spells
    return passes
  }

  /// Slows what is slow now and then.
  private mutating func slow(
    _ passes: inout [[Double]], by modes: SimulatedModes?, _ isSpell: inout Bool?
  ) {
    guard let modes else { return }
    let slow = modes.slowIterations(passes.count, isSpell: &isSpell, using: &random)
    for (pass, isSlow) in slow.enumerated() where isSlow {
      for position in passes[pass].indices {
        let (metric, quantile) = position.quotientAndRemainder(
          dividingBy: SimulatedBench.probabilities.count)
        if modes.slows(metric: metric, quantile: quantile) {
          passes[pass][position] += log(modes.factor)
        }
      }
    }
  }

  /// One standard normal number per metric and quantile.
  private mutating func correlated() -> [Double] {
    let common = bench.commonShare.squareRoot() * random.normal()
    let own = max(0, 1 - bench.commonShare - bench.metricShare).squareRoot()
    return (0..<bench.metrics).flatMap { _ in
      let metric = bench.metricShare.squareRoot() * random.normal()
      return SimulatedBench.probabilities.map { _ in common + metric + own * random.normal() }
    }
  }
}
