import Foundation
import RunRecords
import Testing

@testable import RegressionAnalysis

/// What a bench's runs of one firmware show.
@Suite struct CalibrationTests {
  /// Runs with one scalar per metric; a value by run and metric, iterations around it.
  private func records(
    _ count: Int, metrics: Int = 6, iterations: Int = 3, iterationNoise: Double = 0.002,
    flash: (Int) -> String? = { _ in nil }, _ value: (_ run: Int, _ metric: Int) -> Double
  ) -> [RunRecord] {
    var random = SeededGenerator(seed: 77)
    return (0..<count).map { run in
      let levels = (0..<metrics).map { value(run, $0) }
      var one = record(
        id: "aa\(run)", isCandidate: false, order: run,
        iterations: (0..<iterations).map { index in
          iteration(
            index,
            scalars: levels.enumerated().map { metric, level in
              ScalarRecord(
                metric: "m\(metric)", unit: "ms",
                value: 100 * exp(level + iterationNoise * random.normal()), better: .lower)
            })
        })
      one.flash = flash(run).map { FlashFacts(id: $0) }
      return one
    }
  }

  /// Independent normal deviations.
  private func noise(_ deviation: Double, seed: UInt64) -> (Int, Int) -> Double {
    var random = SeededGenerator(seed: seed)
    let table = (0..<64).map { _ in (0..<16).map { _ in deviation * random.normal() } }
    return { table[$0][$1] }
  }

  @Test func aQuietBenchQualifies() throws {
    let bench = try calibrate(records(16, noise(0.01, seed: 1)), experiments: 200)
    #expect(bench.qualification.standing == .qualified)
    #expect(bench.qualification.independentSplits == 1)
    #expect(bench.qualification.resampled.trials == 400)
    #expect(bench.runs == 16 && bench.iterations == 3 && bench.metrics.count == 12)
    #expect(bench.metrics.count { $0.statistic.isWorst } == 6)
    for metric in bench.metrics where !metric.statistic.isWorst {
      #expect(metric.deviation > 0.005 && metric.deviation < 0.018)
      #expect(metric.degreesOfFreedom == 14)
      #expect(abs(try #require(metric.withinDeviation) - 0.002) < 0.001)
      #expect(metric.flashDeviation == nil)
      let found = metric.detectable.compactMap(\.change)
      #expect(metric.detectable.map(\.runs) == [4, 8, 16])
      #expect(found == found.sorted(by: >) && found.count >= 2)
      #expect(metric.source == .runs)
    }
    #expect(bench.profile.entries.count == 12)
  }

  @Test func theOrderOfRecordsDoesNotMatter() throws {
    let all = records(13, noise(0.01, seed: 2))
    var random = SeededGenerator(seed: 9)
    let one = try calibrate(all, experiments: 20).encoded()
    #expect(try calibrate(all.shuffled(using: &random), experiments: 20).encoded() == one)
  }

  @Test func elevenRunsAreTooFew() throws {
    let bench = try calibrate(records(11, noise(0.01, seed: 3)), experiments: 10)
    #expect(bench.qualification.standing == .undecided)
    #expect(bench.qualification.remedies == ["make 1 more run of the same firmware"])
  }

  @Test func twoKindsOfRunsAreFound() throws {
    let kinds = noise(0.003, seed: 4)
    let bench = try calibrate(
      records(16) { run, metric in
        kinds(run, metric) + ([2, 3, 7, 8, 9, 13].contains(run) ? 0.1 : 0)
      },
      experiments: 100)
    for metric in bench.metrics {
      let modes = try #require(metric.modes)
      #expect(modes.isBimodal)
      #expect(abs(modes.gap - 0.105) < 0.02)
      #expect(abs(modes.upperShare - 0.375) < 0.07)
      #expect(metric.source == .modes)
    }
    #expect(bench.qualification.remedies.first?.hasPrefix("two kinds of runs") == true)
  }

  @Test func oneKindOfRunsIsNotTwo() throws {
    var random = SeededGenerator(seed: 5)
    var two = 0
    for _ in 0..<400 {
      let split = try #require(ModeSplit((0..<12).map { _ in random.normal() }))
      if split.isBimodal { two += 1 }
    }
    #expect(two <= 3)
    #expect(ModeSplit([1, 1, 1, 1, 1, 1, 1, 1]) == nil)
    #expect(ModeSplit([1, 2, 3]) == nil)
    // A single bad run is no second kind.
    let single = try #require(ModeSplit((0..<12).map { $0 == 5 ? 9 : random.normal() }))
    #expect(!single.isBimodal)
  }

  @Test func driftIsReportedAndNotTakenForNoise() throws {
    let plain = noise(0.004, seed: 6)
    let bench = try calibrate(
      records(16) { run, metric in plain(run, metric) + 0.01 * Double(run) }, experiments: 50)
    for metric in bench.metrics {
      #expect(abs(metric.drift - 0.16) < 0.03)
      #expect(metric.driftP < 1e-6)
      #expect(metric.deviation < 0.01)
      #expect(metric.source == .drift)
    }
  }

  @Test func flashesAreALevelOfTheirOwn() throws {
    let runs = noise(0.004, seed: 7)
    let flashes = noise(0.03, seed: 8)
    let bench = try calibrate(
      records(16, flash: { "f\($0 / 2)" }) { run, metric in
        runs(run, metric) + flashes(run / 2, metric)
      }, experiments: 50)
    #expect(bench.flashes == 8)
    let found = bench.metrics.filter { !$0.statistic.isWorst }.compactMap(\.flashDeviation)
    #expect(found.count == 6)
    #expect(try #require(median(found)) > 0.015)
    #expect(bench.metrics.filter { $0.source == .flashes }.count >= 5)
  }

  @Test func aFewFlashesAreNeitherDriftNorModes() throws {
    let runs = noise(0.004, seed: 7)
    // Four levels that happen to rise, or to be of two kinds; each of four runs.
    for levels in [[-0.06, -0.01, 0, 0.05], [-0.05, 0.04, -0.06, 0.05]] {
      let bench = try calibrate(
        records(16, flash: { "f\($0 / 4)" }) { run, metric in
          runs(run, metric) + levels[run / 4]
        }, experiments: 50)
      for metric in bench.metrics {
        #expect(metric.source == .flashes && metric.driftP >= 0.01 && metric.modes == nil)
        #expect(try #require(metric.flashDeviation) > 0.04)
      }
      #expect(bench.qualification.remedies.first?.hasPrefix("flashes") == true)
    }
  }

  @Test func aBadRunIsNamed() throws {
    let plain = noise(0.004, seed: 9)
    let bench = try calibrate(
      records(16) { run, metric in plain(run, metric) + (run == 6 ? 0.08 : 0) }, experiments: 50)
    #expect(bench.badRuns == ["aa6"])
    for metric in bench.metrics { #expect(metric.deviation < 0.02) }
  }

  @Test func aRunThatResemblesTheLastIsSeen() throws {
    var random = SeededGenerator(seed: 10)
    var level = [Double](repeating: 0, count: 6)
    let table = (0..<40).map { _ in
      level = level.map { 0.7 * $0 + 0.01 * random.normal() }
      return level
    }
    let carried = try calibrate(records(40) { table[$0][$1] }, experiments: 10)
    let fresh = try calibrate(records(40, noise(0.01, seed: 11)), experiments: 10)
    #expect(try #require(median(carried.metrics.map(\.autocorrelation))) > 0.4)
    #expect(abs(try #require(median(fresh.metrics.map(\.autocorrelation)))) < 0.25)
  }

  @Test func runsOfTwoBenchesDoNotMix() throws {
    var all = records(12, noise(0.01, seed: 12))
    all[3].suite = "other"
    #expect(throws: VerdictError.mixed(field: "suite", values: ["other", "storage"])) {
      try calibrate(all)
    }
    #expect(throws: VerdictError.noRuns(arm: "calibration")) { try calibrate([]) }
  }

  @Test func powerKnowsEveryConditionOfTheRule() throws {
    func design(_ runs: Int, _ statistic: Statistic = .quantile(0.5)) -> DesignPower {
      DesignPower(
        variance: 1e-4, degreesOfFreedom: 60, threshold: 0.03, runs: runs, statistic: statistic,
        comparisons: 60)
    }
    let power = design(8)
    // An effect of the threshold's own size is called in half of all cases at best.
    #expect(power.power(0.03) <= 0.5)
    #expect(power.power(0.10) > 0.99)
    let least = try #require(power.detectable())
    #expect(abs(power.power(least) - 0.8) < 0.01)
    #expect(try #require(design(16).detectable()) < least)
    #expect(design(2).power(0.5) == 0)
    // A look at 4 + 4 runs calls medians changed, but no worst iterations.
    #expect(design(4).power(0.5) > 0.99)
    #expect(design(4, .worst(.quantile(0.5))).power(0.5) == 0)
  }
}
