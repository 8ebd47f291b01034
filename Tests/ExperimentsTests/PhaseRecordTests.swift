import Catalogs
import Experiments
import RunRecords
import Testing

@Suite struct PhaseRecordTests {
  private let probe = Result {
    try ProbeManifest.parse(
      """
      probe: x
      title: T
      question: Q?
      cost: low
      privacy: none
      metrics:
        - metric: x.bytes
          kind: counter
          help: h
          unit: B
          at: [{event: s/e, fields: {v: arg1, k: arg0}}]
          sum: v
          key: [{field: k, size: 4, values: {1: one}}]
        - metric: x.rows
          kind: events
          help: h
          unit: "{rows}"
          at: [{event: s/e, fields: {v: arg1}}]
          columns: [{name: v, unit: B}]
      """, file: "x.yaml")
  }

  private func phase(seconds: UInt64) -> PhaseRecord {
    PhaseRecord(name: "p", durationNs: seconds * 1_000_000_000, drainNs: 0)
  }

  @Test func keysBecomeLabelsAndRowsColumns() throws {
    let metrics = try probe.get().metrics
    var phase = phase(seconds: 1)
    let result = KeyedResult(key: [1, 0, 0, 0], name: "n", value: .counter(count: 2, sum: 30))
    #expect(phase.add(result, of: metrics[0]) { _, _ in nil })
    #expect(
      phase.counters == [
        CounterRecord(
          metric: "x.bytes", labels: ["k": "one", "name": "n"], unit: "B", count: 2, sum: 30)
      ])
    let wrong = KeyedResult(key: [1], name: nil, value: .counter(count: 1, sum: 1))
    #expect(!phase.add(wrong, of: metrics[0]) { _, _ in nil } && phase.counters.count == 1)
    let row: [UInt8] = [7, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 0]
    phase.add(rows: [row], recorded: 3, of: metrics[1]) { _, _ in nil }
    #expect(
      phase.events == [
        EventsRecord(
          metric: "x.rows", columns: [.init(name: "v", unit: "B")], rows: [[.number(265)]],
          dropped: 2)
      ])
  }

  @Test func aCounterThatIsAskedForIsANumber() throws {
    let metrics = try probe.get().metrics
    var phase = phase(seconds: 2)
    phase.addRates(of: ["x.bytes": .lower], metrics)
    #expect(phase.scalars.isEmpty, "the metric was not loaded")
    phase.losses = [LossRecord(metric: "x.bytes")]
    phase.addRates(of: [:], metrics)
    #expect(phase.scalars.isEmpty, "nobody asked")
    phase.counters = [30, 12].map {
      CounterRecord(metric: "x.bytes", labels: ["k": "\($0)"], unit: "B", count: 1, sum: $0)
    }
    phase.addRates(of: ["x.bytes": .lower], metrics)
    #expect(
      phase.scalars == [ScalarRecord(metric: "x.bytes", unit: "B/s", value: 21, better: .lower)])
    phase.counters = []
    phase.scalars = []
    phase.addRates(of: ["x.bytes": .higher], metrics)
    #expect(phase.scalars.map(\.value) == [0], "a counter that saw nothing is 0")
  }
}
