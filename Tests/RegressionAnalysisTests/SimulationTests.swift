import RunRecords
import Testing

@testable import RegressionAnalysis

/// Seeded benches: what the rule promises, in small.
@Suite struct SimulationTests {
  @Test func unchangedBuildsPass() throws {
    var flagged = 0
    var passed = 0
    for seed in 1...15 as ClosedRange<UInt64> {
      let verdict = try Bench(iterations: 3, metrics: 4).verdict(seed: seed)
      if verdict.outcome == .regression { flagged += 1 }
      if verdict.outcome == .pass { passed += 1 }
    }
    #expect(flagged == 0)
    #expect(passed >= 14)
  }

  @Test func aSlowerTailIsFound() throws {
    var found = 0
    for seed in 1...10 as ClosedRange<UInt64> {
      let verdict = try Bench(iterations: 3, metrics: 4, tail: 1.2).verdict(seed: seed)
      let metric = verdict.metric("block.m0{dev=vdb}@write", .quantile(0.99))
      if verdict.outcome == .regression, metric?.outcome == .regression { found += 1 }
    }
    #expect(found >= 9)
  }

  @Test func noiseIsAdmitted() throws {
    let verdict = try Bench(iterations: 3, metrics: 4, runNoise: 0.15, iterationNoise: 0.1).verdict(
      seed: 3)
    #expect(verdict.outcome == .inconclusive)
    let metric = try #require(verdict.metrics.first { $0.outcome == .inconclusive && $0.gating })
    #expect(try #require(metric.mde80) > 0.2)
  }
}
