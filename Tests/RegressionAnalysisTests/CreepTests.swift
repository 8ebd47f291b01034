import Testing

@testable import RegressionAnalysis

/// Small changes that add up.
@Suite struct CreepTests {
  private func builds(_ count: Int, noise: Double, seed: UInt64, _ level: (Int) -> Double)
    -> [Double]
  {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { level($0) + noise * random.normal() }
  }

  @Test func halfAPercentABuildAddsUp() throws {
    let levels = builds(20, noise: 0.006, seed: 1) { 0.005 * Double($0) }
    let found = try #require(CreepFinder().creep(levels, threshold: 0.03))
    #expect(found.kind == .creep)
    #expect(abs(found.change - 0.1) < 0.02)
    #expect(abs(found.perBuild - 0.005) < 0.001)
    #expect(found.interval.low > 0.05 && found.interval.high < 0.15)
    #expect(found.builds == 20)
  }

  @Test func aJumpIsAStep() throws {
    let levels = builds(20, noise: 0.004, seed: 2) { $0 < 9 ? 0 : 0.08 }
    #expect(try #require(CreepFinder().creep(levels, threshold: 0.03)).kind == .step)
  }

  @Test func whatGetsBetterOrStaysIsNoCreep() {
    let better = builds(20, noise: 0.004, seed: 3) { -0.005 * Double($0) }
    #expect(CreepFinder().creep(better, threshold: 0.03) == nil)
    #expect(CreepFinder().creep(better, threshold: 0.03, worse: -1) != nil)
    let small = builds(20, noise: 0.001, seed: 4) { 0.001 * Double($0) }
    #expect(CreepFinder().creep(small, threshold: 0.03) == nil)
    #expect(CreepFinder().creep([0, 0.02, 0.04, 0.06, 0.08], threshold: 0.03) == nil)
  }

  @Test func noiseIsSeldomTakenForCreep() {
    var random = SeededGenerator(seed: 5)
    var called = 0
    for _ in 0..<500 {
      var carried = 0.0
      let levels = (0..<16).map { _ in
        carried = 0.3 * carried + 0.02 * random.normal()
        return carried
      }
      if CreepFinder().creep(levels, threshold: 0.03) != nil { called += 1 }
    }
    #expect(called <= 10)
  }

  @Test func missingBuildsAreLeftOut() throws {
    var levels = builds(20, noise: 0.004, seed: 6) { 0.005 * Double($0) }
    levels[3] = .nan
    levels[11] = .infinity
    let found = try #require(CreepFinder().creep(levels, threshold: 0.03))
    #expect(found.builds == 18)
    #expect(abs(found.change - 0.1) < 0.02)
  }

  @Test func manyMetricsShareTheError() {
    let levels = builds(8, noise: 0.02, seed: 7) { 0.011 * Double($0) }
    let alone = CreepFinder(alpha: 0.05).creep(levels, threshold: 0.03)
    let among = CreepFinder(alpha: 0.05, comparisons: 100_000).creep(levels, threshold: 0.03)
    #expect(alone != nil)
    #expect(among == nil)
  }
}
