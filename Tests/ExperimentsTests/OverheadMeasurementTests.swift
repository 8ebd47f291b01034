import RunRecords
import Testing

@testable import Experiments

@Suite struct OverheadMeasurementTests {
  private func iteration(_ ns: UInt64, dropped: String? = nil) -> IterationRecord {
    IterationRecord(
      index: 0, kind: .overhead, startedUptimeNs: 1,
      phases: [PhaseRecord(name: "work", durationNs: ns, drainNs: 0)], dropped: dropped)
  }

  private func times(_ iterations: [IterationRecord]) -> [OverheadMeasurement.Times?] {
    iterations.map(OverheadMeasurement.times)
  }

  @Test func eachProbeAddsWhatTakingItAwaySaves() throws {
    let found = OverheadMeasurement.shares(
      of: ["a", "b"], times([iteration(150), iteration(120), iteration(100)]))
    #expect(abs(try #require(found["a"]) - 0.25) < 1e-9)
    #expect(abs(try #require(found["b"]) - 0.2) < 1e-9)
  }

  /// A time that was taken on a throttled device blames a probe for the heat.
  @Test func aDroppedIterationBlamesNoProbe() throws {
    let found = OverheadMeasurement.shares(
      of: ["a", "b", "c"],
      times([
        iteration(150), iteration(900, dropped: "too hot"), iteration(120), iteration(100),
      ]))
    #expect(found.keys.sorted() == ["c"])
    #expect(abs(try #require(found["c"]) - 0.2) < 1e-9)
  }
}
