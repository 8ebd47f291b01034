import Foundation
import RunRecords
import Testing

@testable import RegressionAnalysis

@Suite struct OverheadBudgetTests {
  private func cost(_ probe: String, _ program: String, ns: UInt64) -> ProgramCost {
    ProgramCost(probe: probe, program: program, runs: 10, ns: ns, recursionMisses: 0)
  }

  private func pairs(_ ratios: Double...) -> [(without: [String: Double], with: [String: Double])] {
    ratios.map { (["a": 100, "b": 7, "only": 1], ["a": 100 * $0, "b": 7 * $0]) }
  }

  @Test func slowdownIsTheMeanOverPairsWithItsInterval() throws {
    let made = try #require(OverheadBudget.slowdown(pairs: pairs(1.1, 1.2, 1.3)))
    let logs = [log(1.1), log(1.2), log(1.3)]
    let mean = logs.reduce(0, +) / 3
    let deviation = (logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2).squareRoot()
    // t of 2 degrees of freedom at 97.5%.
    let reach = 4.302653 * deviation / 3.0.squareRoot()
    let interval = try #require(made.interval)
    #expect(made.pairs == 3)
    #expect(abs(made.change - (exp(mean) - 1)) < 1e-9)
    #expect(abs(interval.low - (exp(mean - reach) - 1)) < 1e-5)
    #expect(abs(interval.high - (exp(mean + reach) - 1)) < 1e-5)
  }

  @Test func onePairHasNoIntervalAndNonePhaseNoSlowdown() throws {
    let one = try #require(OverheadBudget.slowdown(pairs: pairs(1.5)))
    #expect(one.interval == nil && abs(one.change - 0.5) < 1e-9)
    #expect(OverheadBudget.slowdown(pairs: []) == nil)
    #expect(OverheadBudget.slowdown(pairs: [(["a": 1], ["b": 1])]) == nil)
    #expect(OverheadBudget.slowdown(pairs: [(["a": 0], ["a": 1])]) == nil)
  }

  @Test func theIntervalDecides() {
    let budget = OverheadBudget(cpuShare: nil, slowdown: 0.05)
    func standing(_ change: Double, _ low: Double?) -> OverheadBudget.Standing {
      budget.standing(
        of: OverheadRecord(
          cpuShare: 0.9, slowdown: change,
          slowdownInterval: low.map { .init(low: $0, high: 2 * change) }))
    }
    #expect(standing(0.05, 0.01) == .within)
    #expect(standing(0.05, nil) == .within)
    guard case .unclear = standing(0.06, 0.05), case .over = standing(0.06, 0.051),
      case .over = standing(0.06, nil)
    else {
      Issue.record("the interval's lower bound decides")
      return
    }
  }

  @Test func shareOfTheCPUHasABudgetOfItsOwn() {
    let record = OverheadRecord(
      programs: [
        cost("cheap", "x", ns: 10), cost("costly", "one", ns: 30), cost("costly", "two", ns: 60),
      ], cpuShare: 0.08, slowdown: 0.01)
    let allowed = OverheadBudget(cpuShare: 0.08, slowdown: 0.05)
    #expect(allowed.standing(of: record) == .within)
    #expect(
      OverheadBudget(cpuShare: 0.05, slowdown: nil).standing(of: record)
        == .over(
          "probes take 8% of the CPU time, the budget is 5%; drop probe costly first: it takes "
            + "90% of the probes' time, most of it in two"))
  }

  @Test func withoutTheKernelsAccountLeavingOutNames() {
    let record = OverheadRecord(
      cpuShare: nil, slowdown: 0.4, slowdownInterval: .init(low: 0.3, high: 0.5),
      probeSlowdowns: ["a": 0.02, "b": 0.35])
    #expect(
      OverheadBudget(cpuShare: 0.05, slowdown: 0.05).standing(of: record)
        == .over(
          "probes slow the workload by 40% (95% interval 30% … 50%), the budget is 5%; drop "
            + "probe b first: alone it adds 35%"))
  }

  /// All iterations that would say it were dropped.
  @Test func whatWasNotMeasuredIsUnclear() {
    let unknown = OverheadRecord(
      programs: [cost("block", "issue", ns: 10)], cpuShare: 0.01, slowdown: nil)
    let budget = OverheadBudget(cpuShare: 0.05, slowdown: 0.05)
    guard case .unclear(let text) = budget.standing(of: unknown) else {
      Issue.record("no pair counts, and it is no pass")
      return
    }
    #expect(text.contains("slow the workload") && text.contains("overhead.iterations"))
    #expect(OverheadBudget(cpuShare: 0.05, slowdown: nil).standing(of: unknown) == .within)
    var without = unknown
    (without.cpuShare, without.slowdown) = (nil, 0.01)
    guard case .unclear(let share) = budget.standing(of: without) else {
      Issue.record("no window was open, and it is no pass")
      return
    }
    #expect(share.contains("CPU time"))
    // Where the kernel does not count, the slowdown alone is judged.
    without.programs = []
    #expect(budget.standing(of: without) == .within)
  }
}
