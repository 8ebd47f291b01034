import LatencyHistograms
import RunRecords
import Testing

@testable import RegressionAnalysis

/// How a change of the bench differs from one of the firmware, and what a report is drawn from.
@Suite struct BenchWatchTests {
  private let m0 = "block.m0{dev=vdb}@write"

  @Test func aSentinelThatMovesEndsTheVerdict() throws {
    var input = Bench(metrics: 4, shift: 1.3).both(seed: 21)
    #expect(try judge(input).outcome == .regression)
    input.policy.sentinels = ["block.m0"]
    #expect(try judge(input).outcome == .inconclusive)
    input.policy.sentinels = ["block.m0{*"]
    let verdict = try judge(input)
    #expect(verdict.outcome == .inconclusive)
    #expect(verdict.exitCode == 2)
    #expect(verdict.reasons.count == 3)
    #expect(verdict.reasons.allSatisfy { $0.hasPrefix("sentinel \(m0) p") })
    #expect(verdict.metric(m0, .quantile(0.5))?.gating == false)
  }

  @Test func aStillSentinelIsNoMatter() throws {
    var input = Bench(metrics: 4, shift: 1.3).both(seed: 21)
    input.policy.sentinels = ["block.m3{*"]
    #expect(try judge(input).outcome == .regression)
  }

  @Test func aSentinelThatIsNotMeasuredIsSaid() throws {
    var input = Bench(metrics: 4).screen(seed: 22)
    input.policy.sentinels = ["spin"]
    #expect(try judge(input).reasons == ["no sentinel (spin) could be judged"])
  }

  @Test func theShiftFunctionSaysWhere() throws {
    let plain = smooth(events: 20_000)
    let tailed = smooth(events: 20_000, tail: 1.5)
    let verdict = try judge(
      experiment { isCandidate, run in
        (0..<3).map {
          iteration(
            $0,
            [
              HistogramRecord(
                metric: "block.m0", labels: ["dev": "vdb"],
                histogram: (isCandidate ? tailed : plain).scaled(1 + 0.001 * Double(run)))
            ])
        }
      })
    let shift = try #require(verdict.metric(m0, .rate)?.shift)
    #expect(shift.map(\.probability) == ShiftFunction.probabilities)
    for point in shift {
      let interval = try #require(point.interval)
      #expect(interval.low <= point.change && point.change <= interval.high)
      if point.probability < 0.95 { #expect(abs(point.change) < 0.01) }
      if point.probability > 0.95 { #expect(abs(point.change - 0.5) < 0.02) }
    }
    #expect(verdict.metrics.filter { $0.statistic != .rate }.allSatisfy { $0.shift == nil })
  }

  @Test func fewEventsHaveAShortShiftFunction() throws {
    let verdict = try judge(Bench(iterations: 1, metrics: 4, events: 600).screen(seed: 23))
    let shift = try #require(verdict.metric(m0, .rate)?.shift)
    #expect(shift.map(\.probability) == [0.1, 0.25, 0.5, 0.75, 0.9])
  }

  @Test func flagsAreCountedByDirection() throws {
    let slower = try judge(Bench(metrics: 4, shift: 1.3).screen(seed: 24))
    #expect(slower.flags.worse >= 3)
    let faster = try judge(Bench(metrics: 4, shift: 0.7).screen(seed: 24))
    #expect(faster.flags.better >= 3)
    #expect(faster.flags.better > faster.flags.worse)
  }
}
