import Foundation
import RegressionAnalysis
import RunRecords
import Testing

@testable import Reporting

struct VerdictReportTests {
  @Test func regressionWide() throws {
    try expectSnapshot(verdictReport.text(width: 120, style: .plain), "verdict-regression-120.txt")
  }

  @Test func regressionNarrow() throws {
    let text = verdictReport.text(width: 80, style: .plain)
    try expectSnapshot(text, "verdict-regression-80.txt")
    #expect(longestLine(text) <= 80)
  }

  /// The longest words and numbers that occur still fit an 80 column terminal.
  @Test func theWidestRowFits() {
    var report = verdictReport
    report.rows[0] = .init(
      metric: String(repeating: "long.", count: 30), unit: "ns", statistic: "p99",
      reference: 10_600_000, candidate: 999_400_000, change: -0.999, lower: -0.999, upper: -0.998,
      detectable: 0.555, finding: .notMeasurable, isGating: false, note: "n")
    #expect(longestLine(report.text(width: 80, style: .plain, showsAll: true)) <= 80)
  }

  @Test func everyRow() throws {
    try expectSnapshot(
      verdictReport.text(width: 100, style: .plain, showsAll: true), "verdict-all-100.txt")
  }

  @Test func colourChangesNothingElse() throws {
    let colour = verdictReport.text(width: 80, style: .colour)
    try expectSnapshot(colour, "verdict-regression-80-colour.txt")
    #expect(withoutColour(colour) == verdictReport.text(width: 80, style: .plain))
  }

  @Test func json() throws {
    let data = try verdictReport.json()
    try expectSnapshot(String(decoding: data, as: UTF8.self), "verdict-regression.json")
    #expect(try verdictReport.json() == data)
  }

  @Test func otherOutcomes() throws {
    var report = verdictReport
    report.distributions = []
    report.outcome = .pass
    report.rows = report.rows.filter { $0.finding == .noChange }
    report.next = []
    var text = report.text(width: 80, style: .plain)
    report.outcome = .inconclusive
    report.rows[0].finding = .inconclusive
    report.rows[0].isBlocking = true
    report.candidate.runs = 7
    text += "\n" + report.text(width: 80, style: .plain)
    report.outcome = .invalid
    report.reasons = ["probe fsync is lost on slow-disk: no function f2fs_sync_file"]
    report.rows[0].finding = .probeLost
    text += "\n" + report.text(width: 80, style: .plain)
    try expectSnapshot(text, "verdict-other-outcomes.txt")
  }

  /// Names come from devices and files, and must not be able to write to the terminal.
  @Test func foreignTextCannotMoveTheCursor() {
    var report = verdictReport
    report.rows[0].metric = "evil\u{1B}[2J\nPASS"
    report.candidate.name = "c\r\u{9B}1A\u{202E}"
    report.reasons = ["a\u{7}b"]
    let text = report.text(width: 80, style: .plain)
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    #expect(!text.unicodeScalars.contains { [0x9b, 0x202e].contains($0.value) })
    #expect(!text.contains("\nPASS"))
  }
}

struct DistributionTests {
  @Test func binsKeepEveryEvent() {
    for limit in [1, 5, 16, 200] {
      let paired = VerdictReport.Distribution(
        metric: "m", reference: shape(200), candidate: shape(290, scale: 3), limit: limit)
      #expect(paired.bins.count <= limit)
      #expect(abs(paired.bins.reduce(0) { $0 + $1.reference } - 1) < 1e-9)
      #expect(abs(paired.bins.reduce(0) { $0 + $1.candidate } - 1) < 1e-9)
      #expect(zip(paired.bins, paired.bins.dropFirst()).allSatisfy { $0.lower < $1.lower })
    }
  }

  @Test func nothingHasNoBins() {
    let paired = VerdictReport.Distribution(
      metric: "m", reference: .init(), candidate: .init(), limit: 16)
    #expect(paired.bins.isEmpty)
  }
}

struct ReportFromRecordsTests {
  private func report(
    _ outcome: VerdictReport.Outcome, rows: [VerdictReport.Row]
  ) -> VerdictReport {
    var lost = record(firmware: "candidate", center: 304)
    lost.probes[0] = .init(name: "fsync", status: .lost, reason: "gone")
    lost.overhead = nil
    return VerdictReport(
      outcome: outcome, exitCode: 1, grade: "weak", confidence: 0.95, rows: rows,
      reference: [record(), record()], candidate: [lost], reasons: [])
  }

  @Test func factsComeFromTheRuns() {
    let metric = "runqueue.wait{class=workload}@fsync-f2fs"
    let report = report(
      .regression,
      rows: [
        .init(
          metric: metric, unit: "ns", statistic: "p50", change: 0.2, finding: .regression),
        .init(metric: "absent", unit: "ns", statistic: "p50", finding: .improvement),
      ])
    #expect(report.suite == "demo")
    #expect(
      report.reference
        == .init(
          name: "reference", build: "reference-1f2e", kernelRelease: "6.1.0-40-arm64", runs: 2,
          iterations: 4, dropped: 2, dropCauses: ["temperature": 2],
          covariates: [
            .init(name: "background_cpu_share", mean: 0.012, lowest: 0.012, highest: 0.012),
            .init(
              name: "frequency_limit_khz", mean: 1_800_000, lowest: 1_800_000, highest: 1_800_000),
            .init(name: "load_1min", mean: 0.5, lowest: 0.5, highest: 0.5),
            .init(name: "speed_loops_per_us", mean: 249.9, lowest: 249.9, highest: 249.9),
            .init(name: "temperature_celsius", mean: 32.125, lowest: 31.25, highest: 33),
          ]))
    #expect(report.candidate.runs == 1)
    #expect(report.distributions.map(\.metric) == [metric])
    #expect(report.distributions.first?.referenceCount == 4 * 90 * 165)
    #expect(
      report.probes == [
        .init(name: "binder", reference: "unsupported", candidate: "unsupported"),
        .init(name: "fsync", reference: "raw_tp", candidate: "lost"),
        .init(name: "runqueue", reference: "tp_btf", candidate: "tp_btf"),
      ])
    #expect(report.losses.map(\.metric) == ["fsync.latency", "runqueue.wait"])
    #expect(report.losses.last?.reference == 30.0 / 14_880)
    #expect(report.overhead.referenceCPU == 0.0123)
    #expect(report.overhead.candidateCPU == nil)
    #expect(
      report.next == [
        "find out why probe fsync is lost on candidate and raw_tp on reference;"
          + " 'latgate doctor' names the missing hook",
        "look into runqueue.wait in phase fsync-f2fs",
      ])
  }

  @Test func inconclusiveSaysWhatWouldDecide() {
    let rows = [3, 7, nil].map { runs in
      VerdictReport.Row(
        metric: "m", unit: "ns", statistic: "p50", finding: .inconclusive, isBlocking: true,
        runsNeeded: runs)
    }
    let next = report(.inconclusive, rows: rows).next
    #expect(next.count == 3)
    #expect(next[1] == "measure 7 more runs per arm; the table says which row needs them")
    #expect(next[2].hasPrefix("make the bench quieter"))
    #expect(report(.inconclusive, rows: Array(rows.prefix(1))).next.count == 2)
  }

  @Test func aVerdictBecomesAReport() throws {
    let id = MetricID(
      name: "fsync.latency", phase: "fsync-f2fs", labels: ["fs": "f2fs"], rung: "raw_tp")
    func metric(
      _ statistic: Statistic, _ outcome: MetricVerdict.Outcome, runsNeeded: Int? = nil,
      unreachable: Bool = false, blocking: Bool = true, reason: String? = nil
    ) -> MetricVerdict {
      MetricVerdict(
        id: id, statistic: statistic, outcome: outcome, gating: true, blocking: blocking,
        referenceValue: 2_400_000, candidateValue: 2_800_000, change: 0.1667,
        interval: ChangeInterval(low: 0.12, high: 0.21), mde80: 0.04, budget: 0.09,
        grade: .interleaved, runsNeeded: runsNeeded, unreachable: unreachable, reason: reason)
    }
    let verdict = Verdict(
      outcome: .regression, continuation: .leaning, grade: .interleaved,
      reasons: ["one run had no overhead measurement"],
      probes: [
        ProbeFinding(
          probe: "binder", status: .unsupported, arm: "both",
          reason: "no tracepoint binder_transaction")
      ],
      metrics: [
        metric(.quantile(0.5), .regression),
        metric(.quantile(0.9), .inconclusive, runsNeeded: 4),
        metric(.quantile(0.99), .inconclusive, unreachable: true, reason: "noisy"),
        metric(.rate, .noChange, blocking: false),
      ],
      counts: VerdictCounts(regression: 1, noChange: 1, inconclusive: 2),
      runs: RunCounts(reference: 2, candidate: 2),
      comparisons: 4, noiseFactor: 1)
    let slow = record(firmware: "slow-disk", center: 294)
    let input = VerdictInput(reference: [record(), record()], candidate: [slow, slow])
    let report = VerdictReport(verdict, of: input)
    #expect(report.outcome == .regression)
    #expect(report.exitCode == 1)
    #expect(report.rows.map(\.statistic) == ["p50", "p90", "p99", "rate"])
    #expect(report.rows[1].note == "needs 4 more runs per arm")
    #expect(
      report.rows[2].note == "noisy")
    #expect(report.rows[3].unit == "events")
    try expectSnapshot(report.text(width: 100, style: .plain), "verdict-from-analysis-100.txt")
  }

  @Test(arguments: [
    (Verdict.Outcome.pass, VerdictReport.Outcome.pass, Int32(0)), (.regression, .regression, 1),
    (.inconclusive, .inconclusive, 2), (.failed, .invalid, 3),
  ])
  func outcomesKeepTheirExitCodes(
    outcome: Verdict.Outcome, expected: VerdictReport.Outcome, exitCode: Int32
  ) {
    let verdict = Verdict(
      outcome: outcome, continuation: .settled, grade: .weak,
      reasons: [], probes: [], metrics: [], counts: VerdictCounts(),
      runs: RunCounts(reference: 1, candidate: 1),
      comparisons: 0, noiseFactor: 1)
    let report = VerdictReport(
      verdict, of: VerdictInput(reference: [record()], candidate: [record(firmware: "b")]))
    #expect(report.outcome == expected)
    #expect(report.exitCode == exitCode)
  }
}
