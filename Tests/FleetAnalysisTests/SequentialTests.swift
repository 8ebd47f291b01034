import Foundation
import LatencyHistograms
import RegressionAnalysis
import Testing

@testable import FleetAnalysis

@Suite("Evidence at any time")
struct SequentialTests {
  @Test(
    "The mixture's e-value is the likelihood ratio, integrated numerically",
    arguments: [
      (0.1, 4e-4, 35543.2944), (0.0, 1e-4, 0.196116135), (-0.05, 4e-4, 0.111377718),
      (0.04, 1e-3, 1.6232517), (-0.7, 4e-5, 0.000911792459),
    ])
  func mixture(_ estimate: Double, _ variance: Double, _ expected: Double) {
    let value = NormalMixture.evidence(estimate, variance: variance)
    #expect(abs(value / expected - 1) < 1e-6)
  }

  @Test("The clearer an improvement is, the less speaks for a worsening")
  func improvement() {
    let values = [-0.1, -0.15, -0.2, -0.25, -0.3, -0.7, -5].map {
      NormalMixture.evidence($0, variance: 4e-5)
    }
    #expect(values.allSatisfy { $0 > 0 && $0 < 1 }, "\(values)")
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 > $1 }, "\(values)")
  }

  @Test("Looked at 30 times, an estimate without an effect passes 1/a in at most a of all cases")
  func ville() {
    var random = SimulationRandom(seed: 3)
    var (passed, missed) = (0, 0)
    for _ in 0..<4000 {
      var sum = 0.0
      var (hasPassed, hasMissed) = (false, false)
      for look in 1...30 {
        sum += random.normal() * 0.2
        let (mean, variance) = (sum / Double(look), 0.04 / Double(look))
        if NormalMixture.evidence(mean, variance: variance / 400) < 0 { hasPassed = true }
        if NormalMixture.evidence(mean / 20, variance: variance / 400) >= 20 { hasPassed = true }
        if abs(mean / 20) > NormalMixture.reach(variance: variance / 400, error: 0.05) {
          hasMissed = true
        }
      }
      passed += hasPassed ? 1 : 0
      missed += hasMissed ? 1 : 0
    }
    // 5% of 4000, and three standard deviations.
    #expect(passed <= 242 && passed > 20, "\(passed)")
    #expect(missed <= 242 && missed > 20, "\(missed)")
  }

  @Test("Of n things that fall as they should, the e-values have a mean of one")
  func split() {
    let (n, share) = (60, 0.3)
    var mean = 0.0
    for x in 0...n {
      let ways = lgamma(Double(n + 1)) - lgamma(Double(x + 1)) - lgamma(Double(n - x + 1))
      let probability = exp(ways + Double(x) * log(share) + Double(n - x) * log(1 - share))
      mean += probability * SplitTest(candidate: x, of: n, share: share, weight: 20).evidence
    }
    #expect(abs(mean - 1) < 1e-9)
  }

  @Test("A split that is off is refuted, and its bound shrinks with what is seen")
  func splitBounds() {
    #expect(SplitTest(candidate: 600, of: 1000, share: 0.5, weight: 200).evidence > 1000)
    #expect(SplitTest(candidate: 500, of: 1000, share: 0.5, weight: 200).evidence < 1)
    #expect(SplitTest(candidate: 0, of: 0, share: 0.5, weight: 4).evidence == 1)
    // Few things that are far off: a narrow distribution does not see them.
    #expect(SplitTest(candidate: 14, of: 14, share: 0.5, weight: 4).evidence > 100)
    #expect(SplitTest(candidate: 14, of: 14, share: 0.5, weight: 200).evidence < 2)
    let bounds = [10, 100, 1000].map {
      SplitTest(candidate: $0 / 2, of: $0, share: 0.5, weight: 200).upperShare(error: 0.01)
    }
    #expect(bounds[0] > bounds[1] && bounds[1] > bounds[2] && bounds[2] > 0.5)
    #expect(bounds[2] < 0.58)
    #expect(SplitTest(candidate: 0, of: 0, share: 0.5, weight: 4).upperShare(error: 0.01) == 1)
  }

  @Test("Findings need e-values of the number of comparisons over the level and their rank")
  func rule() {
    #expect(EvidenceRule.threshold([399, 1, 1, 1], level: 0.01) == 400)
    #expect(EvidenceRule.threshold([500, 250, 1, 1], level: 0.01) == 200)
    #expect(EvidenceRule.threshold([], level: 0.01) == 100)
  }

  @Test("The difference of arms is that of least squares with the values from before")
  func difference() throws {
    let control = [1.0, 2.5, 2, 4.5, 3, 5.5]
    let candidate = [2.5, 3, 6, 4, 7.5]
    let adjusted = try #require(
      ArmDifference(
        control: control, candidate: candidate, controlBefore: [0.5, 2, 1, 4, 2, 5],
        candidateBefore: [1, 1.5, 4, 2, 5.5]))
    #expect(abs(adjusted.estimate - 1.1251059022874892) < 1e-12)
    // With 8 degrees of freedom t = 6.63 is as far out as z = 3.77.
    let t = 1.1251059022874892 / 0.16967771888503644
    let z = adjusted.estimate / adjusted.variance.squareRoot()
    #expect(
      abs(
        NormalDistribution.upperTail(z) / StudentT.upperTail(t, degreesOfFreedom: 8) - 1) < 1e-6)
    #expect(adjusted.isAdjusted)
    let raw = try #require(
      ArmDifference(
        control: control, candidate: candidate, controlBefore: nil, candidateBefore: nil))
    #expect(abs(raw.estimate - 1.5166666666666666) < 1e-12)
    #expect(!raw.isAdjusted && raw.variance > 10 * adjusted.variance)
    #expect(
      ArmDifference(
        control: [1, 1, 1], candidate: [1, 1, 1], controlBefore: nil, candidateBefore: nil) == nil)
  }

  @Test("A cohort's quantile is that of its merged histogram, and pseudo-values have it as mean")
  func jackknife() throws {
    var random = SimulationRandom(seed: 5)
    var merged = LatencyHistogram()
    var binned = BinnedBuckets()
    for bin in 0..<DeviceBins.count {
      for _ in 0..<3 {
        var histogram = LatencyHistogram()
        let level = 10 + 0.3 * random.normal()
        for _ in 0..<200 { histogram.record(UInt64(exp(level + 0.6 * random.normal()))) }
        merged.merge(histogram)
        binned.add(histogram, bin: bin)
      }
    }
    let quantiles = JackknifedQuantiles(binned)
    #expect(quantiles.events == 38_400)
    for probability in [0.5, 0.9, 0.99] {
      let value = try #require(quantiles.logQuantile(probability))
      let expected = try #require(merged.logQuantile(probability))
      #expect(abs(value - expected) < 1e-9)
      let pseudo = try #require(quantiles.pseudoValues(probability))
      let mean = pseudo.reduce(0, +) / Double(pseudo.count)
      #expect(abs(mean - value) < 0.02)
    }
    #expect(JackknifedQuantiles(BinnedBuckets()).logQuantile(0.5) == nil)
    #expect(JackknifedQuantiles(BinnedBuckets()).pseudoValues(0.5) == nil)
  }

  @Test("A coarse report is spread over the buckets that its own hold")
  func coarse() throws {
    var fine = LatencyHistogram()
    for value: UInt64 in [3, 40, 1000, 70_000, 70_000] { fine.record(value) }
    var binned = BinnedBuckets()
    binned.add(fine.coarsened(), bin: 63)
    #expect(binned.events.reduce(0, +) == 5)
    #expect(binned.reportCount == 1)
    let spread = try #require(JackknifedQuantiles(binned).logQuantile(1))
    #expect(abs(spread - log(73_728.0)) < 1e-9)
  }
}
