import Foundation
import Testing

@testable import RegressionAnalysis

/// What a bench learns of itself.
@Suite struct NoiseProfileTests {
  private let m0 = "block.m0{dev=vdb}@write"

  @Test func everyVerdictAddsToTheProfile() throws {
    let first = try judge(Bench(metrics: 4).screen(seed: 31))
    let second = try judge(Bench(metrics: 4).screen(seed: 32))
    let once = NoiseProfile().absorbing(first)
    let twice = once.absorbing(second)
    let one = try #require(once.entry(metric: m0, statistic: .quantile(0.5)))
    let two = try #require(twice.entry(metric: m0, statistic: .quantile(0.5)))
    #expect(one.variance == first.metric(m0, .quantile(0.5))?.runVariance)
    #expect(one.degreesOfFreedom == 5)
    #expect(two.degreesOfFreedom == 10)
    let added = try #require(second.metric(m0, .quantile(0.5))?.runVariance)
    #expect(abs(two.variance - (one.variance + min(added, 4 * one.variance)) / 2) < 1e-12)
    #expect(once.entries.map(\.metric) == once.entries.map(\.metric).sorted())
  }

  @Test func aWildDayCountsFourTimesAndExperienceIsBounded() throws {
    var profile = NoiseProfile().absorbing(try judge(Bench(metrics: 4).screen(seed: 33)))
    let before = try #require(profile.entry(metric: m0, statistic: .quantile(0.5)))
    let wild = try judge(Bench(metrics: 4, runNoise: 0.5).screen(seed: 34))
    let after = try #require(
      profile.absorbing(wild).entry(metric: m0, statistic: .quantile(0.5)))
    #expect(abs(after.variance / before.variance - 2.5) < 1e-9)
    let calm = try judge(Bench(metrics: 4).screen(seed: 35))
    for _ in 0..<30 { profile = profile.absorbing(calm) }
    #expect(
      profile.entry(metric: m0, statistic: .quantile(0.5))?.degreesOfFreedom
        == NoiseProfile.maximumDegrees)
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
    let told = try judge(input)
    let before = try #require(alone.metric(m0, .quantile(0.5))?.mde80)
    let after = try #require(told.metric(m0, .quantile(0.5))?.mde80)
    #expect(after > 2 * before)
  }

  @Test func aFileKeepsAProfile() throws {
    let profile = NoiseProfile().absorbing(try judge(Bench(metrics: 2).screen(seed: 36)))
    #expect(try NoiseProfile.decode(profile.encoded(), file: "p") == profile)
    func problem(_ text: String) -> String? {
      do throws(NoiseProfileError) {
        _ = try NoiseProfile.decode(Data(text.utf8), file: "p")
        return nil
      } catch { return error.problem }
    }
    #expect(problem("{") == "is not the JSON of a noise profile")
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
    let told = try judge(input)
    #expect(told.noiseFactor > 4)
    #expect(told.counts.regression == 0)
  }
}
