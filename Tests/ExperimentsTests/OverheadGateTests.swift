import RunRecords
import Testing

@testable import Experiments

@Suite struct OverheadGateTests {
  private func cost(_ probe: String, ns: UInt64) -> ProgramCost {
    ProgramCost(probe: probe, program: "p", runs: 10, ns: ns, recursionMisses: 0)
  }

  private func phase(_ name: String, _ ns: UInt64) -> PhaseRecord {
    PhaseRecord(name: name, durationNs: ns, drainNs: 0)
  }

  @Test func shareIsOfAllCPUs() {
    let share = OverheadGate.cpuShare(
      programs: [cost("a", ns: 30), cost("b", ns: 10)], windowNs: 1000, cpus: 2)
    #expect(share == 0.02)
    #expect(OverheadGate.cpuShare(programs: [cost("a", ns: 1)], windowNs: 0, cpus: 2) == 0)
  }

  @Test func slowdownComparesPhasesByName() throws {
    let slowdown = try #require(
      OverheadGate.slowdown(
        with: [phase("a", 110), phase("b", 104), phase("only-here", 1)],
        without: [phase("b", 100), phase("a", 100), phase("c", 100)]))
    #expect(abs(slowdown - 0.07) < 1e-12)
    #expect(OverheadGate.slowdown(with: [phase("a", 1)], without: []) == nil)
    #expect(OverheadGate.slowdown(with: [phase("a", 1)], without: [phase("a", 0)]) == nil)
  }

  @Test func overBudgetNamesTheProbeToDrop() throws {
    let record = OverheadRecord(
      programs: [cost("cheap", ns: 1), cost("costly", ns: 99)], cpuShare: 0.08)
    let problem = try #require(OverheadGate.problem(record, budget: 0.05))
    #expect(problem.contains("costly"))
    #expect(problem.contains("8.0%"))
    #expect(OverheadGate.problem(record, budget: 0.08) == nil)
  }
}
