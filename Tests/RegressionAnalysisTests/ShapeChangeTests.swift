import Foundation
import LatencyHistograms
import RunRecords
import Testing

@testable import RegressionAnalysis

/// One mode that became two, and what only looks like it.
@Suite struct ShapeChangeTests {
  private let m0 = "block.m0{dev=vdb}@write"

  /// A body at 100 us and a part of the operations at 4 ms, both wide.
  private func mixed(_ share: Double, events: Int = 2000) -> LatencyHistogram {
    var histogram = smooth(events: events - Int(Double(events) * share))
    histogram.merge(smooth(events: Int(Double(events) * share), centre: 4_000_000, sigma: 0.2))
    return histogram
  }

  private func clearest(
    _ reference: [LatencyHistogram], _ candidate: [LatencyHistogram]
  ) -> ShapeChange? {
    ShapeChange.clearest(
      reference + candidate,
      isCandidate: reference.map { _ in false } + candidate.map { _ in true },
      policy: VerdictPolicy())
  }

  @Test func oneModeThatBecameTwoHasItsPlaceAndShare() throws {
    let change = try #require(
      clearest([mixed(0), mixed(0), mixed(0)], [mixed(0.11), mixed(0.12), mixed(0.13)]))
    #expect(change.referenceModes == 1)
    #expect(change.candidateModes == 2)
    #expect(change.isWorse && change.isCertain)
    #expect(abs(change.mode / 4_000_000 - 1) < 0.1)
    #expect(change.from < 2_000_000 && change.to > 8_000_000)
    #expect(abs(change.candidate - 0.12) < 0.002)
    #expect(change.reference == 0)
    #expect(change.interval.low > 0.08 && change.interval.high < 0.16)
  }

  @Test func aModeThatIsGoneIsNoWorsening() throws {
    let change = try #require(clearest([mixed(0.12), mixed(0.11)], [mixed(0), mixed(0)]))
    #expect(change.referenceModes == 2)
    #expect(change.candidateModes == 1)
    #expect(!change.isWorse)
    #expect(change.interval.high < 0)
  }

  @Test func fasterOperationsApartAreNoWorsening() throws {
    var quick = smooth(events: 1760)
    quick.merge(smooth(events: 240, centre: 3000, sigma: 0.2))
    let change = try #require(clearest([mixed(0), mixed(0)], [quick, quick]))
    #expect(change.candidateModes == 2)
    #expect(!change.isWorse)
  }

  /// The reference has a few operations apart; those of the candidate are all beyond them.
  @Test func operationsMovedToWhereTheyPeakNow() throws {
    func run(_ parts: [(share: Double, centre: Double)]) -> LatencyHistogram {
      parts.reduce(into: LatencyHistogram()) {
        $0.merge(smooth(events: Int(2000 * $1.share), centre: $1.centre, sigma: 0.2))
      }
    }
    let fast = run([(0.95, 82_000), (0.05, 930_000)])
    let slow = run([(0.06, 82_000), (0.94, 66_000_000)])
    let change = try #require(clearest([fast, fast, fast], [slow, slow, slow]))
    #expect(abs(change.mode / 66_000_000 - 1) < 0.1)
    #expect(change.isWorse && change.candidate > 0.9)
    // The reference's few lie beyond the candidate's valley.
    #expect(abs(change.reference - 0.05) < 0.002)
  }

  @Test func whatBothArmsHaveIsNoChange() {
    #expect(clearest([mixed(0.3), mixed(0.25)], [mixed(0.26), mixed(0.3)]) == nil)
    #expect(clearest([mixed(0), mixed(0)], [mixed(0), mixed(0)]) == nil)
  }

  @Test func aDistributionThatMovedAsAWholeKeepsItsShape() {
    let moved = smooth(events: 2000, centre: 400_000)
    #expect(clearest([mixed(0), mixed(0)], [moved, moved]) == nil)
  }

  @Test func runsThatDisagreeAreNotCertain() throws {
    let change = try #require(
      clearest([mixed(0), mixed(0), mixed(0)], [mixed(0.5), mixed(0), mixed(0)]))
    #expect(!change.isCertain)
    #expect(change.interval.low < 0)
  }

  /// 60 events over 20 buckets have peaks and valleys by chance.
  @Test func fewEventsHaveNoModesOfTheirOwn() {
    var random = SeededGenerator(seed: 5)
    func few() -> LatencyHistogram {
      var histogram = LatencyHistogram()
      for _ in 0..<60 { histogram.record(UInt64(100_000 * exp(0.6 * random.normal()))) }
      return histogram
    }
    for _ in 0..<50 { #expect(clearest([few(), few()], [few(), few()]) == nil) }
  }

  @Test func oneRunOfAnArmSaysNothing() {
    #expect(clearest([mixed(0)], [mixed(0.3), mixed(0.3)]) == nil)
    #expect(clearest([mixed(0), LatencyHistogram()], [mixed(0.3), mixed(0.3)]) == nil)
  }

  /// The median does not move, and nothing else decides: it must not pass.
  @Test func aSlowerModeOfAGatingMetricBlocksAPass() throws {
    func verdict(_ share: Double) throws -> Verdict {
      var input = experiment { isCandidate, run in
        (0..<3).map { index in
          let slow = isCandidate && share > 0 ? share + 0.001 * Double(run) : 0
          return iteration(
            index,
            [
              HistogramRecord(
                metric: "block.m0", labels: ["dev": "vdb"], histogram: mixed(slow, events: 4000))
            ])
        }
      }
      input.policy.quantiles = [QuantileThreshold(probability: 0.5, threshold: 0.5)]
      return try judge(input)
    }
    let bad = try verdict(0.08)
    #expect(bad.outcome == .inconclusive)
    #expect(bad.counts.regression == 0)
    #expect(bad.failure == .shapeChanged)
    #expect(bad.owner == .firmware)
    // The mean stands guard, and has seen it; a look that may call it follows.
    #expect(bad.continuation == .open)
    #expect(bad.cause?.hasPrefix("\(m0): 8") == true, "\(bad.cause ?? "")")
    #expect(bad.metric(m0, .rate)?.shape?.candidateModes == 2)
    #expect(try verdict(0).outcome == .pass)
  }
}
