import Foundation
import RunRecords
import Testing

@testable import RegressionAnalysis

@Suite struct WaiverTests {
  private let m0 = "block.m0{dev=vdb}@write"

  private func waiver(_ pattern: String, expired: Bool = false, id: Int64 = 1) -> MetricWaiver {
    MetricWaiver(
      id: id, pattern: pattern, until: "2027-01-31", reason: "known", isExpired: expired)
  }

  private func slower(_ waivers: [MetricWaiver]) throws -> Verdict {
    var input = Bench(shift: 1.3).both(seed: 3)
    input.waivers = waivers
    return try judge(input)
  }

  @Test func aKnownIssueDoesNotFail() throws {
    #expect(try slower([]).outcome == .regression)
    let verdict = try slower([waiver("block.m0*")])
    #expect(verdict.outcome == .pass)
    #expect(verdict.owner == nil)
    let metric = try #require(verdict.metric(m0, .quantile(0.5)))
    #expect(metric.outcome == .regression)
    #expect(metric.isWaived)
    #expect(!metric.blocking)
  }

  @Test func anotherMetricsWaiverHelpsNothing() throws {
    #expect(try slower([waiver("block.m1*")]).outcome == .regression)
  }

  @Test func anExpiredWaiverFailsAndSaysSo() throws {
    let verdict = try slower([waiver("block.m0*", expired: true)])
    #expect(verdict.outcome == .regression)
    let metric = try #require(verdict.metric(m0, .quantile(0.5)))
    #expect(metric.waiver?.isExpired == true)
    #expect(!metric.isWaived)
  }

  @Test func oneThatHoldsComesBeforeOneThatExpired() throws {
    let verdict = try slower([
      waiver("block.m0*", expired: true, id: 1), waiver("*", id: 2),
    ])
    #expect(verdict.outcome == .pass)
    #expect(verdict.metric(m0, .quantile(0.5))?.waiver?.id == 2)
  }

  @Test func aKnownIssueAsksForNoMoreRuns() throws {
    var input = Bench(shift: 1.02).screen(seed: 3)
    input.policy.budgets = [MetricBudget(pattern: "block.m0*", budget: 0.01)]
    #expect(try judge(input).continuation != .settled)
    input.waivers = [waiver("block.m0*")]
    #expect(try judge(input).continuation == .settled)
  }

  @Test func aLostProbeIsNoKnownSlowness() throws {
    var input = Bench().screen(seed: 1)
    for index in input.candidate.indices {
      input.candidate[index].probes[0].status = .lost
    }
    input.waivers = [waiver("*")]
    let verdict = try judge(input)
    #expect(verdict.outcome == .failed)
  }
}
