import Foundation
import LatencyHistograms
import RunRecords
import Testing

@testable import RegressionAnalysis

/// What a look decides, and what it leaves open.
@Suite struct SequentialRuleTests {
  private let m0 = "block.m0{dev=vdb}@write"

  private func one(_ histogram: LatencyHistogram) -> [HistogramRecord] {
    [HistogramRecord(metric: "block.m0", labels: ["dev": "vdb"], histogram: histogram)]
  }

  /// Iterations that scatter by a percent, the same ones for every call.
  private func scattered(_ index: Int, _ run: Int) -> Double {
    1 + 0.01 * sin(Double(7 * run + 3 * index))
  }

  // MARK: Levels

  @Test func theFalseDiscoveryRuleIsBenjaminisAndHochbergs() {
    // The example of their paper (1995), section 3.2: four of fifteen are findings at .05.
    let published = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
      0.5719, 0.6528, 0.7590, 1.0000,
    ]
    let rule = FalseDiscoveryRule(candidates: published, comparisons: 15, level: 0.05)
    #expect(rule.limit == 0.0095)
    #expect(FalseDiscoveryRule(candidates: [0.04], comparisons: 15, level: 0.05).limit < 0)
    #expect(FalseDiscoveryRule(candidates: [], comparisons: 0, level: 0.05).limit < 0)
  }

  @Test func aLookDecidesWhatItsRunsCanCarry() {
    for isWorst in [false, true] {
      #expect(LookLevels.level(runs: 2, isWorst: isWorst) == 0)
      for runs in 3...64 {
        let level = LookLevels.level(runs: runs, isWorst: isWorst)
        #expect(level <= 0.002)
      }
    }
    #expect(LookLevels.decides(.quantile(0.5), runs: 3))
    #expect(!LookLevels.decides(.quantile(0.9), runs: 4))
    #expect(LookLevels.decides(.quantile(0.9), runs: 5))
    #expect(!LookLevels.decides(.worst(.quantile(0.5)), runs: 5))
  }

  @Test func aStatisticIsItsText() {
    for statistic in [Statistic.mean, .worst(.quantile(0.9)), .worst(.value), .tail] {
      #expect(Statistic(text: statistic.text) == statistic)
    }
    #expect(Statistic.worst(.quantile(0.9)).text == "worst p90")
    #expect(Statistic(text: "worst worst p90") == nil)
  }

  // MARK: When it ends

  @Test func aGrossDefectIsRedAfterThreeRunsOfEach() throws {
    let verdict = try judge(Bench(runsPerArm: 3, shift: 1.5).screen(seed: 3))
    #expect(verdict.outcome == .regression)
    #expect(verdict.continuation == .settled)
    #expect(verdict.metric(m0, .quantile(0.5))?.outcome == .regression)
  }

  @Test func anUnchangedBuildIsNotPassedOnThreeRuns() throws {
    let three = try judge(Bench(runsPerArm: 3, runNoise: 0.002).screen(seed: 4))
    #expect(three.outcome == .pass)
    #expect(three.continuation == .leaning)
    let four = try judge(Bench(runsPerArm: 4, runNoise: 0.002).screen(seed: 4))
    #expect(four.continuation == .settled)
  }

  @Test func runsGoOnAsTheContinuationSays() {
    #expect(!Continuation.settled.goesOn(runs: 4, planned: 8, most: 16))
    #expect(Continuation.leaning.goesOn(runs: 7, planned: 8, most: 16))
    #expect(!Continuation.leaning.goesOn(runs: 8, planned: 8, most: 16))
    #expect(Continuation.open.goesOn(runs: 15, planned: 8, most: 16))
    #expect(!Continuation.open.goesOn(runs: 16, planned: 8, most: 16))
  }

  @Test func whatLooksSlowerIsSaidAndNeverUnreachable() throws {
    // A candidate that is 40% slower in most of its boots, on a rig as noisy as that.
    let levels = [1.0, 1.7, 1.35, 1.0, 1.0, 1.75, 1.3, 1.0]
    let input = experiment(runsPerArm: 4) { isCandidate, run in
      (0..<2).map { iteration($0, one(smooth().scaled(isCandidate ? levels[run] : 1))) }
    }
    let verdict = try judge(input)
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.continuation == .open)
    let metric = try #require(verdict.metric(m0, .quantile(0.5)))
    #expect(try #require(metric.interval).low > 0)
    #expect(!metric.unreachable)
    #expect(metric.reason?.hasPrefix("worse, by at least ") == true)
    #expect(metric.reason?.hasSuffix("not yet confirmed") == true)
  }

  // MARK: What was seen is not passed

  @Test func oneSlowIterationOfFiveIsFound() throws {
    for runs in [3, 4, 5, 6] {
      let input = experiment(runsPerArm: runs) { isCandidate, run in
        (0..<5).map { index in
          let isSlow = isCandidate && index == run % 5
          return iteration(
            index, one(smooth().scaled(scattered(index, run) * (isSlow ? 10 : 1))))
        }
      }
      let verdict = try judge(input)
      // The location of five iterations throws the slow one away.
      #expect(verdict.metric(m0, .quantile(0.9))?.outcome != .regression)
      let worst = try #require(verdict.metric(m0, .worst(.quantile(0.9))))
      #expect(worst.outcome == (runs < 6 ? .inconclusive : .regression))
      #expect(verdict.outcome == (runs < 6 ? .inconclusive : .regression), "\(runs) runs")
    }
  }

  @Test func aSlowBootOfFourIsNotPassed() throws {
    let input = experiment(runsPerArm: 4) { isCandidate, run in
      (0..<3).map { index in
        let isSlow = isCandidate && run == 5
        return iteration(index, one(smooth().scaled(scattered(index, run) * (isSlow ? 3 : 1))))
      }
    }
    let verdict = try judge(input)
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.counts.regression == 0)
  }

  @Test(arguments: [0.88, 1.12, 1.3])
  func aSlowerBodyIsFoundBesideAMovedRate(rate: Double) throws {
    let input = experiment(runsPerArm: 6) { isCandidate, run in
      (0..<5).map { index in
        let histogram = smooth(events: isCandidate ? Int(6000 * rate) : 6000)
        return iteration(
          index, one(histogram.scaled(scattered(index, run) * (isCandidate ? 1.3 : 1))))
      }
    }
    let verdict = try judge(input)
    #expect(verdict.outcome == .regression)
    #expect(verdict.metric(m0, .rate)?.reason?.contains("event rate moved") == true)
  }

  @Test func cheapEventsBesideSlowerOnesAreNoGain() throws {
    // Half as many events again, all of them short: what took as long as before still does.
    let input = experiment(runsPerArm: 6) { isCandidate, run in
      (0..<5).map { index in
        var histogram = smooth().scaled(scattered(index, run))
        if isCandidate { histogram.merge(smooth(events: 3000, centre: 5000)) }
        return iteration(index, one(histogram))
      }
    }
    let verdict = try judge(input)
    #expect(verdict.counts.regression == 0)
    #expect(verdict.metric(m0, .quantile(0.5))?.outcome != .improvement)
  }

  @Test func twentyEventsAnIterationAreEvidence() throws {
    let input = experiment(runsPerArm: 3) { isCandidate, run in
      (0..<3).map { index in
        let scale = scattered(index, run) * (isCandidate ? 300 : 1)
        return iteration(index, one(smooth(events: 20).scaled(scale)))
      }
    }
    let verdict = try judge(input)
    #expect(verdict.outcome == .regression)
    #expect(verdict.metric(m0, .quantile(0.5))?.outcome == .regression)
    #expect(verdict.metric(m0, .mean)?.outcome == .regression)
    #expect(verdict.metric(m0, .quantile(0.99))?.outcome == .notMeasurable)
    #expect(verdict.measured.metrics == 1 && verdict.measured.measured == 1)
  }

  @Test func aHiddenTailOfFewEventsIsSeenByTheMean() throws {
    // 5% of 200 events take fifty times as long: too few events for a p99.
    let input = experiment(runsPerArm: 4) { isCandidate, run in
      (0..<3).map { index in
        var histogram = smooth(events: 95).scaled(scattered(index, run))
        histogram.merge(
          smooth(events: 5, centre: isCandidate ? 5_000_000 : 100_000)
            .scaled(scattered(index, run)))
        return iteration(index, one(histogram))
      }
    }
    #expect(try judge(input).metric(m0, .mean)?.outcome == .regression)
  }

  /// Ten operations an iteration, drawn: a wide body, and of `slow` of them that many times longer.
  private func few(
    runsPerArm: Int, seed: UInt64, slow: Double = 0.05, times: Double = 30,
    defect: (share: Double, times: Double) = (0, 1)
  ) -> VerdictInput {
    var random = SimulationRandom(seed: 7, stream: seed)
    var input = experiment(runsPerArm: runsPerArm) { isCandidate, _ in
      let boot = 0.03 * random.normal()
      return (0..<5).map { index in
        var histogram = LatencyHistogram()
        for _ in 0..<10 {
          var value = 100_000 * exp(boot + 0.3 * random.normal())
          if random.uniform() < slow { value *= times }
          if isCandidate, random.uniform() < defect.share { value *= defect.times }
          histogram.record(UInt64(value))
        }
        return iteration(index, one(histogram))
      }
    }
    input.policy.quantiles = [QuantileThreshold(probability: 0.5, threshold: 0.03)]
    return input
  }

  @Test func aFifthOfFewOperationsFailsASuiteThatAsksForTheMedian() throws {
    let verdict = try judge(few(runsPerArm: 6, seed: 1, slow: 0, defect: (0.2, 75)))
    #expect(verdict.metric(m0, .quantile(0.5))?.outcome != .regression)
    #expect(verdict.metric(m0, .mean)?.outcome == .regression)
    #expect(verdict.outcome == .regression)
  }

  @Test func aGuardsOwnNoiseHoldsNoPassBack() throws {
    let verdict = try judge(few(runsPerArm: 8, seed: 3))
    let mean = try #require(verdict.metric(m0, .mean))
    let interval = try #require(mean.interval)
    #expect(interval.high > 0.09 && mean.budget == nil)
    #expect(mean.outcome == .inconclusive && !mean.blocking && mean.runsNeeded == nil)
    #expect(verdict.metric(m0, .worst(.mean)) == nil)
    // Asked for p90, which ten operations do not carry, the mean is what decides in its place.
    var asking = few(runsPerArm: 8, seed: 3)
    asking.policy.quantiles = QuantileThreshold.standard
    #expect(try judge(asking).metric(m0, .mean)?.blocking == true)
  }

  /// A twentieth of the operations is slow with either firmware, so that means scatter widely.
  @Test func aGuardCallsNoUnchangedBuildSlower() throws {
    var called = 0
    for seed in 0..<200 {
      let all = few(runsPerArm: 8, seed: UInt64(seed))
      for runs in 3...8 {
        var look = all
        look.reference = Array(all.reference.prefix(runs))
        look.candidate = Array(all.candidate.prefix(runs))
        if try judge(look).outcome == .regression {
          called += 1
          break
        }
      }
    }
    #expect(called <= 2)
  }

  // MARK: Evidence

  @Test func aGatingMetricThatNothingWasMeasuredOfHoldsThePassBack() throws {
    func input(_ events: Int) -> VerdictInput {
      experiment { _, run in
        (0..<3).map { index in
          iteration(
            index,
            one(smooth().scaled(scattered(index, run))) + [
              HistogramRecord(metric: "block.few", histogram: smooth(events: events))
            ])
        }
      }
    }
    // 9 events a run are too few for anything, and too many to be by the way.
    let verdict = try judge(input(3))
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.failure == .nothingMeasured)
    #expect(verdict.measured.metrics == 2 && verdict.measured.measured == 1)
    #expect(verdict.reasons.first?.hasPrefix("1 of 2 gating metrics could be measured") == true)
    var lenient = input(3)
    lenient.policy.minimumMeasured = 0.5
    #expect(try judge(lenient).outcome == .pass)
    // 3 events a run are a stray request of the system.
    let stray = try judge(input(1))
    #expect(stray.outcome == .pass)
    #expect(stray.measured.rare == 1)
  }

  @Test func aMetricThatJumpsKeepsItsOwnVariance() {
    let quiet = (0..<19).map { _ in
      VarianceModeration.Input(
        variance: 1e-4, degreesOfFreedom: 9, prior: 1e-4, priorDegrees: 50)
    }
    let jumping = VarianceModeration.Input(
      variance: 0.5, degreesOfFreedom: 9, prior: 1e-4, priorDegrees: 50)
    let moderation = VarianceModeration(quiet + [jumping])
    let (variance, degrees) = moderation.moderated(jumping)
    #expect(variance == 0.5)
    #expect(degrees == 9)
    #expect(moderation.moderated(quiet[0]).degreesOfFreedom > 9)
  }

  /// What was measured is slower, even where other data are missing.
  @Test func aRegressionStandsBesideAMetricThatNobodyMeasured() throws {
    func verdict(_ shift: Double) throws -> Verdict {
      var input = Bench(runsPerArm: 4, metrics: 3, shift: shift).screen(seed: 11)
      func added(_ record: RunRecord) -> RunRecord {
        var record = record
        for index in record.iterations.indices {
          record.iterations[index].phases[0].histograms.append(
            HistogramRecord(
              metric: "block.few", labels: ["dev": "vdb"], histogram: smooth(events: 1)))
        }
        return record
      }
      input.reference = input.reference.map(added)
      input.candidate = input.candidate.map(added)
      return try judge(input)
    }
    let slower = try verdict(1.5)
    #expect(slower.outcome == .regression)
    #expect(slower.failure == .regression)
    #expect(slower.reasons.contains { $0.contains("block.few") }, "\(slower.reasons)")
    let same = try verdict(1)
    #expect(same.outcome == .inconclusive)
    #expect(same.failure == .nothingMeasured)
  }
}
