import Foundation
import RunRecords
import Testing

@testable import Reporting

/// A run as one page, with every kind of result.
struct RunPageTests {
  static func run(rows: Int = 3) -> RunRecord {
    let phase = PhaseRecord(
      name: "fsync-f2fs", durationNs: 2_000_000_000, drainNs: 0,
      histograms: [histogram("fsync.latency", ["fs": "f2fs"], bell(around: 290, 4))],
      counters: [
        CounterRecord(
          metric: "memory.faults", labels: [:], unit: "{faults}", count: 1500, sum: 1500)
      ],
      events: [
        EventsRecord(
          metric: "slow.operations",
          columns: [.init(name: "comm"), .init(name: "took", unit: "ns"), .init(name: "sector")],
          rows: (0..<rows).map {
            [.text("<b>\($0)</b>"), .number(UInt64(2_000_000 + $0)), .number(UInt64($0))]
          }, dropped: 7)
      ],
      stacks: [
        StacksRecord(
          metric: "cpu.stacks", unit: "{samples}",
          stacks: [
            .init(
              count: 3, sum: 3, kernel: ["ffff8000081"],
              user: [.init(buildID: "0123456789abcdef", address: "1a2b")])
          ], dropped: 2)
      ])
    return record(phases: [phase])
  }

  @Test func everyKindOfResultIsThere() throws {
    let html = try document(RunReport(Self.run()), "html")
    #expect(isWellFormed(html))
    #expect(
      firstScreen(html).contains("storage-and-sched on virtual, firmware reference"), "\(html)")
    #expect(html.contains("<h2>Durations and values</h2>"))
    #expect(html.contains("<figcaption><code>fsync.latency{fs=f2fs}@fsync-f2fs</code>"))
    // Two judged iterations of 1,500 events in 2 s each.
    #expect(
      html.contains(
        #"<td>memory.faults@fsync-f2fs</td><td class="n">3,000</td><td class="n">3000 {faults}</td>"#
          + #"<td class="n">750 {faults}</td>"#), "\(html)")
    // Over its two iterations: a heat map and a line.
    #expect(html.contains(#"aria-label="Values over time. 2 columns"#), "\(html)")
    #expect(
      html.contains(
        #"aria-label="memory.faults@fsync-f2fs. Per second, 750 {faults} to 750 {faults} over 2"#),
      "\(html)")
    #expect(html.contains("<h2>slow.operations@fsync-f2fs</h2>"))
    #expect(html.contains(#"<th scope="col" class="n">took</th>"#))
    #expect(html.contains(#"<td class="n">2.00 ms</td><td>0</td>"#))
    #expect(html.contains("14 more had no room"))
    #expect(html.contains("Flame graph of cpu.stacks@fsync-f2fs"))
    #expect(html.contains("probe binder is unsupported: no tracepoint binder_transaction"))
  }

  @Test func foreignTextIsText() throws {
    let html = try document(RunReport(Self.run()), "html")
    #expect(html.contains("&lt;b&gt;0&lt;/b&gt;"))
    #expect(!html.contains("<b>"))
  }

  @Test func longTablesAreCut() throws {
    let html = try document(RunReport(Self.run(rows: 5000)), "html")
    #expect(html.contains("Left out: 9800 rows; the run record has all."))
    #expect(html.utf8.count <= 100_000, "\(html.utf8.count)")
  }

  @Test func whatIsDoubtfulStandsFirst() throws {
    var failed = record(phases: [])
    failed.invalid = [InvalidMark(probe: "fsync", reason: "more operations ended than started")]
    let html = try document(RunReport(failed, lossLimit: 0.01), "html")
    #expect(html.contains(#"<header class="verdict bad">"#))
    #expect(firstScreen(html).contains("nothing was measured"))
    #expect(
      firstScreen(html).contains("probe fsync is invalid: more operations ended than started"))
    #expect(isWellFormed(html))
  }
}

/// Counters and tables of events beside a verdict.
struct CountedTests {
  private func run(_ firmware: String, faults: UInt64, rows: Int) -> RunRecord {
    let phase = PhaseRecord(
      name: "start", durationNs: 500_000_000, drainNs: 0,
      counters: [
        CounterRecord(metric: "memory.faults", unit: "{faults}", count: faults, sum: faults)
      ],
      events: [
        EventsRecord(
          metric: "slow.operations", columns: [.init(name: "took", unit: "ns")],
          rows: (0..<rows).map { [.number(UInt64($0))] }, dropped: 1)
      ])
    return record(firmware: firmware, phases: [phase])
  }

  @Test func ratesStandBesideTheVerdict() throws {
    var report = verdictReport
    #expect(report.rates == nil)
    let without = try document(report, "html")
    #expect(!without.contains("<h2>Counted</h2>"))
    report.rates = VerdictReport.countedRates(
      [100, 130, 110].map { run("old", faults: $0, rows: 4) }, [run("new", faults: 300, rows: 9)])
    #expect(
      report.rates == [
        .init(
          metric: "memory.faults@start", unit: "{faults}",
          reference: .init(median: 220, lowest: 200, highest: 260),
          candidate: .init(median: 600, lowest: 600, highest: 600)),
        .init(
          metric: "slow.operations@start", unit: "{rows}",
          reference: .init(median: 10, lowest: 10, highest: 10),
          candidate: .init(median: 20, lowest: 20, highest: 20)),
      ])
    let html = try document(report, "html")
    #expect(isWellFormed(html))
    #expect(html.contains("<td>220 {faults} (200 … 260)</td><td>600 {faults}</td>"))
  }

  @Test func anArmWithoutTheMetricHasNone() {
    let rates = VerdictReport.countedRates([], [run("new", faults: 5, rows: 0)])
    #expect(rates?.map(\.reference) == [nil, nil])
    #expect(VerdictReport.countedRates([record()], [record()]) == nil)
  }
}
