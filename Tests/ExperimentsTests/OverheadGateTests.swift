import RunRecords
import Testing

@testable import Experiments

@Suite struct OverheadGateTests {
  private func cost(_ probe: String, ns: UInt64) -> ProgramCost {
    ProgramCost(probe: probe, program: "p", runs: 10, ns: ns, recursionMisses: 0)
  }

  @Test func shareIsOfAllCPUs() {
    let share = OverheadGate.cpuShare(
      programs: [cost("a", ns: 30), cost("b", ns: 10)], windowNs: 1000, cpus: 2)
    #expect(share == 0.02)
  }

  /// The start gate gave the iteration up: it has no windows, and must not show probes without cost.
  @Test func withoutAWindowTheCostIsNotKnown() {
    #expect(OverheadGate.cpuShare(programs: [cost("a", ns: 1)], windowNs: 0, cpus: 2) == nil)
    #expect(OverheadGate.cpuShare(programs: [], windowNs: 0, cpus: 2) == nil)
  }
}
