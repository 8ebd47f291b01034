import RunRecords
import Testing

@testable import RegressionAnalysis
@testable import Reporting

struct DeadlineReportTests {
  private func arm(_ hits: UInt64, worst: UInt64) -> DeadlineFinding.Arm {
    let exact = BinomialInterval.exact(hits: Double(hits), trials: 40_000, level: 0.95)
    return DeadlineFinding.Arm(
      runs: 4, operations: 40_000, least: hits, most: hits, exact: exact,
      overRuns: ChangeInterval(low: 0, high: 0.002), worst: worst)
  }

  /// A firmware whose metrics are as they were, and a limit that it misses, keeps, or may keep.
  private func report(_ state: DeadlineFinding.State) throws -> VerdictReport {
    var report = try unchangedReport.get()
    let id = try #require(report.rows.first).metric
    let hits: UInt64 = state == .missed ? 12 : 0
    report.deadlines = [
      VerdictReport.Deadline(
        DeadlineFinding(
          deadline: MetricDeadline(text: id, patterns: [id], limit: 500_000, allowed: 0),
          state: state, candidate: arm(hits, worst: state == .missed ? 1_200_000 : 310_000),
          reference: arm(0, worst: 305_000), unknown: state == .open ? 2 : 0))
    ]
    guard state == .missed else { return report }
    report.outcome = .regression
    report.exitCode = 1
    report.failure = FailureCause.deadlineMissed.rawValue
    return report
  }

  private let missed =
    "12 of 40,000 operations took longer than 500 us (0.0300%, exact interval 0.0155% … 0.0524%); "
    + "none may; worst 1.20 ms; reference 0 of 40,000, worst 305 us"

  @Test func aMissLeadsEveryFormat() throws {
    let report = try report(.missed)
    let text = report.text(width: 1000, style: .plain)
    #expect(text.hasPrefix("DEADLINE MISSED "))
    #expect(text.contains("misses its deadline on \(report.candidate.name): \(missed)"))
    #expect(text.contains("\nDeadlines\n- missed: "))
    let html = try document(report, "html")
    #expect(html.contains("<h2>Deadlines</h2>"))
    #expect(
      html.contains("<td>12 of 40,000 (0.0300%, exact interval 0.0155% … 0.0524%), worst 1.20 ms"))
    let markdown = try document(report, "markdown")
    #expect(markdown.hasPrefix("### ❌ Deadline missed: "))
    #expect(markdown.contains("**Deadlines**\n\n- missed: `"))
    #expect(
      try document(report, "junit").contains(
        "within 500 us\" time=\"0\"><failure message=\"missed: 12 of 40,000 operations"))
    #expect(try document(report, "github-annotations").contains("::12 of 40,000 operations"))
    let json = try document(report, "json")
    #expect(json.contains("\"least\" : 12"))
    #expect(json.contains("\"state\" : \"missed\""))
  }

  @Test func theStackOfTheLongestStandsBehind() throws {
    let id = try #require(try unchangedReport.get().rows.first).metric
    var finding = DeadlineFinding(
      deadline: MetricDeadline(text: id, patterns: [id], limit: 500_000, allowed: 0),
      state: .missed, candidate: arm(12, worst: 1_200_000), unknown: 0)
    var record = record()
    let judged = try #require(record.iterations.firstIndex { $0.isJudged })
    var phase = try #require(record.iterations[judged].phases.first)
    phase.stacks = [
      StacksRecord(
        metric: "a.stacks", labels: ["octave": "10"], unit: "ns",
        stacks: [
          StacksRecord.Stack(
            count: 11, sum: 1, kernel: ["a", "b", "c", "d", "e", "f"], user: [])
        ], dropped: 0)
    ]
    record.iterations[judged].phases = [phase]
    record.symbols = SymbolsRecord(
      kernel: Dictionary(uniqueKeysWithValues: "abcdef".map { ("\($0)", "f_\($0)+0x0/0x8") }))
    let place = MetricID(name: "a.run", phase: phase.name, labels: [:], unit: "ns")
    finding.stack = WorstStack("a.stacks", of: place, in: [record])
    let deadline = VerdictReport.Deadline(finding)
    #expect(
      deadline.text.hasSuffix(
        "; 11 of 11 stacks from 1.02 ms on: … > f_e > f_d > f_c > f_b > f_a"))
    #expect(deadline.stack?.frames.count == 6)
  }

  @Test func whatIsMetOrOpenIsListed() throws {
    let met = try report(.met)
    #expect(met.text(width: 1000, style: .plain).contains("\n- met: "))
    #expect(
      met.deadlines?[0].text
        == "0 of 40,000 operations took longer than 500 us (0%, exact interval 0% … 0.00922%); "
        + "none may; worst 310 us; reference 0 of 40,000, worst 305 us")
    #expect(!(try document(met, "junit").contains("<failure")))
    let open = try report(.open)
    #expect(open.deadlines?[0].text.hasSuffix("; 2 operations lost or not ended") == true)
    #expect(
      try document(open, "junit").contains("within 500 us\" time=\"0\"><error message=\"open: "))
  }

  /// The exact interval ends below what is allowed; what keeps it open is the scatter of the runs.
  @Test func anOpenShareSaysWhatItIsJudgedBy() throws {
    let id = try #require(verdictReport.rows.first).metric
    let open = VerdictReport.Deadline(
      DeadlineFinding(
        deadline: MetricDeadline(text: id, patterns: [id], limit: 500_000, allowed: 0.001),
        state: .open, candidate: arm(12, worst: 1_200_000), unknown: 0))
    #expect(
      open.text
        == "12 of 40,000 operations took longer than 500 us (0.0300%, exact interval "
        + "0.0155% … 0.0524%); 0.100% may; judged by the interval over runs, 0% … 0.200%; "
        + "worst 1.20 ms")
  }

  /// A pattern may match hundreds of metrics: the page stays small, and what is missed stays on it.
  @Test func aPageShowsWhatIsMissedOfManyDeadlines() throws {
    var report = try report(.met)
    let met = try #require(report.deadlines?.first)
    var missed = met
    missed.state = .missed
    missed.metric = "late@p"
    var open = met
    open.state = .open
    open.metric = "open@p"
    report.deadlines = Array(repeating: met, count: 500) + [open, missed]
    let html = try document(report, "html")
    #expect(html.utf8.count <= 250_000, "\(html.utf8.count)")
    let first = try #require(html.firstRange(of: "<th scope=\"row\">late@p</th>"))
    let second = try #require(html.firstRange(of: "<th scope=\"row\">open@p</th>"))
    #expect(first.lowerBound < second.lowerBound)
    #expect(html.contains("Left out: 442 deadlines"))
    report.deadlines = Array(repeating: met, count: 60)
    #expect(!(try document(report, "html").contains("Left out: ")))
  }

  @Test func aRunCountsWithoutAJudgement() throws {
    let record = record()
    let metric = try #require(RunReport(record).metrics.first)
    let limit = MetricDeadline(
      text: metric.metric, patterns: [metric.metric], limit: metric.max - 1, allowed: 0)
    let report = RunReport(record, limits: [limit])
    let one = try #require(report.deadlines?.first)
    #expect(report.deadlines?.count == 1 && one.metric == metric.metric)
    #expect(one.candidate?.operations == metric.count && one.reference == nil)
    #expect(one.candidate?.worst == metric.max && one.candidate?.least ?? 0 > 0)
    let text = report.text(width: 1000, style: .plain)
    #expect(text.contains("\nDeadlines\n- \(metric.metric): \(one.text)\n"))
    let html = try document(report, "html")
    #expect(html.contains("<h2>Deadlines</h2><ul><li>"), "\(html.prefix(3000))")
    #expect(RunReport(record).deadlines == nil)
    #expect(!(try document(RunReport(record), "html").contains("Deadlines")))
  }

  @Test func smallSharesKeepTheirDigits() {
    #expect(fineShare(0) == "0%")
    #expect(fineShare(0.25) == "25.0%")
    #expect(fineShare(0.000_031_4) == "0.00314%")
    #expect(fineShare(3e-8) == "0.000003%")
    #expect(fineShare(3e-9) == "<0.000001%")
  }
}
