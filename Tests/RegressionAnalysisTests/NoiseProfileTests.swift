import Foundation
import Testing

@testable import RegressionAnalysis

/// What a bench learns of itself.
@Suite struct NoiseProfileTests {
  private let m0 = "block.m0{dev=vdb}@write"

  @Test func everyExperimentAddsToTheProfile() throws {
    let first = try runResiduals(of: Bench(metrics: 4).screen(seed: 31))
    let second = try runResiduals(of: Bench(metrics: 4).both(seed: 32))
    let once = NoiseProfile().grown(by: first)
    let twice = once.grown(by: second)
    let one = try #require(once.entry(metric: m0, statistic: .quantile(0.5)))
    let two = try #require(twice.entry(metric: m0, statistic: .quantile(0.5)))
    let verdict = try judge(Bench(metrics: 4).screen(seed: 31))
    let variance = try #require(verdict.metric(m0, .quantile(0.5))?.runVariance)
    #expect(abs(one.variance / variance - 1) < 1e-5)
    #expect(one.degreesOfFreedom == 5)
    // 8 + 8 runs less mean, arm and trend.
    #expect(two.degreesOfFreedom == 5 + 13)
    #expect(once.entries.map(\.metric) == once.entries.map(\.metric).sorted())
  }

  @Test func aChangeOfTheCandidateIsNoNoise() throws {
    let calm = try runResiduals(of: Bench(metrics: 4).screen(seed: 33))
    let slower = try runResiduals(of: Bench(metrics: 4, shift: 1.5).screen(seed: 33))
    for (before, after) in zip(calm, slower) {
      let (a, b) = (before.variance(known: nil), after.variance(known: nil))
      // Half as much again would be ten thousand times the variance.
      #expect(abs(log(try #require(a) / #require(b))) < 0.5)
    }
  }

  @Test func aBadBootCountsAsMuchAsTwoAndAHalfDeviations() {
    let known = NoiseProfile(
      entries: [
        NoiseEntry(
          metric: "m", statistic: .value, variance: 1e-4, degreesOfFreedom: 15)
      ])
    let residuals = MetricResiduals(
      metric: "m", statistic: .value, values: [0, 0, 0, 0.5, 0, 0, 0, 0], degreesOfFreedom: 5)
    let grown = known.grown(by: [residuals]).entries[0]
    let bad = 2.5 * 2.5 * 1e-4 * 5 / 8 / 5 / 0.9776
    #expect(abs(grown.variance - (15 * 1e-4 + 5 * bad) / 20) < 1e-12)
    #expect(grown.degreesOfFreedom == 20)
  }

  @Test func aBenchThatBecameNoisierShowsAndExperienceIsBounded() throws {
    var profile = NoiseProfile().grown(
      by: try runResiduals(of: Bench(metrics: 4, iterationNoise: 0.002).screen(seed: 35)))
    for seed in 40..<60 as Range<UInt64> {
      profile = profile.grown(
        by: try runResiduals(
          of: Bench(metrics: 4, runNoise: 0.02, iterationNoise: 0.002).screen(seed: seed)))
    }
    let entry = try #require(profile.entry(metric: m0, statistic: .quantile(0.5)))
    #expect(entry.degreesOfFreedom == NoiseProfile.maximumDegrees)
    #expect(entry.variance > 2e-4 && entry.variance < 8e-4)
  }

  @Test func fewRunsPerMetricAreDrawnTogether() throws {
    let variances: [Double] = [1, 1.6, 0.5, 1.2, 0.7, 2.2]
    let profile = NoiseProfile(
      entries: variances.enumerated().map {
        NoiseEntry(
          metric: "m\($0)", statistic: .value, variance: $1 * 1e-4, degreesOfFreedom: 8)
      })
    let shrunk = profile.shrunk
    let used = profile.entries.compactMap { shrunk[$0.key]?.variance }
    #expect(used.count == 6)
    #expect(try #require(used.max()) / #require(used.min()) < 2)
    for entry in profile.entries {
      let used = try #require(shrunk[entry.key])
      #expect(used.degreesOfFreedom > entry.degreesOfFreedom)
      #expect(used.degreesOfFreedom <= NoiseProfile.maximumDegrees)
    }
    // What is stored is what was measured.
    #expect(profile.entries.map(\.variance) == variances.map { $0 * 1e-4 })
  }

  @Test func noSmallerChangeIsCalledThanUnchangedBuildsShow() throws {
    var input = Bench(metrics: 4, runNoise: 0.001, iterationNoise: 0.001, shift: 1.045)
      .both(seed: 62)
    let alone = try judge(input)
    #expect(alone.metric(m0, .quantile(0.5))?.outcome == .regression)
    input.profile = NoiseProfile(
      entries: alone.metrics.filter { $0.runVariance != nil }.map {
        NoiseEntry(
          metric: $0.id.text, statistic: $0.statistic, variance: 0.05 * 0.05,
          degreesOfFreedom: 60)
      })
    let verdict = try judge(input)
    let metric = try #require(verdict.metric(m0, .quantile(0.5)))
    #expect(abs(try #require(metric.threshold) - 0.0502) < 0.001)
    #expect(metric.outcome != .regression)
  }

  @Test func whatTheProfileKnowsAsNoisyIsHeldBack() throws {
    var input = Bench(metrics: 4).screen(seed: 60)
    let alone = try judge(input)
    input.profile = NoiseProfile(
      entries: alone.metrics.filter { $0.runVariance != nil }.map {
        NoiseEntry(
          metric: $0.id.text, statistic: $0.statistic, variance: $0.id.text == m0 ? 0.01 : 1e-4,
          degreesOfFreedom: 60)
      })
    let verdict = try judge(input)
    let before = try #require(alone.metric(m0, .quantile(0.5))?.mde80)
    let after = try #require(verdict.metric(m0, .quantile(0.5))?.mde80)
    #expect(after > 2 * before)
  }

  @Test func aFileKeepsAProfile() throws {
    let profile = NoiseProfile().grown(
      by: try runResiduals(of: Bench(metrics: 2).screen(seed: 36)))
    #expect(try NoiseProfile.decode(profile.encoded(), file: "p") == profile)
    func problem(_ text: String) -> String? {
      do throws(NoiseProfileError) {
        _ = try NoiseProfile.decode(Data(text.utf8), file: "p")
        return nil
      } catch { return error.problem }
    }
    #expect(problem("{") == "is no noise profile: is cut off: line 1, column 2: the file ends here")
    #expect(
      problem(#"{"schema":"latgate.noise/9","entries":[]}"#)
        == #"has schema "latgate.noise/9", this version reads "latgate.noise/1""#)
    #expect(
      problem(
        #"{"schema":"latgate.noise/1","entries":[{"metric":"m","statistic":"p50","variance":0,"#
          + #""degreesOfFreedom":5}]}"#)
        == "variance and degreesOfFreedom of m p50 must be above 0")
  }

  @Test func aProfileThatIsTooQuietIsNotBelieved() throws {
    var input = Bench(metrics: 8, runNoise: 0.04).screen(seed: 61)
    let alone = try judge(input)
    input.profile = NoiseProfile(
      entries: alone.metrics.filter { $0.runVariance != nil }.map {
        NoiseEntry(
          metric: $0.id.text, statistic: $0.statistic, variance: 4e-4 / 4, degreesOfFreedom: 60)
      })
    let verdict = try judge(input)
    #expect(verdict.noiseFactor > 4)
    #expect(verdict.counts.regression == 0)
  }
}
