import ForeignReaders
import Foundation
import RegressionAnalysis
import RunRecords
import Testing

@testable import Reporting

/// One build over devices and suites.
@Suite struct BuildReportTests {
  private static func metric(
    _ name: String, _ outcome: MetricVerdict.Outcome, _ change: Double, rung: String = "tp_btf",
    gating: Bool = true
  ) -> MetricVerdict {
    MetricVerdict(
      id: MetricID(name: name, phase: "p", rung: rung), statistic: .quantile(0.5),
      outcome: outcome, gating: gating, blocking: false, change: change, grade: .interleaved)
  }

  private static func check(
    _ device: String, _ outcome: Verdict.Outcome, suite: String = "boot",
    _ metrics: [MetricVerdict], cause: String? = nil
  ) -> BuildReport.Check {
    BuildReport.Check(
      suite: suite, target: "pixel", device: device, at: Date(timeIntervalSince1970: 1_790_000_000),
      outcome: outcome.rawValue, owner: outcome == .pass ? nil : "firmware", reference: "b1",
      verdict: Verdict(
        outcome: outcome, continuation: .settled, grade: .interleaved, reasons: [], probes: [],
        metrics: metrics, counts: VerdictCounts(), runs: RunCounts(reference: 4, candidate: 4),
        comparisons: 1, noiseFactor: 1, cause: cause))
  }

  static var report: BuildReport {
    BuildReport(
      build: "1f2e", name: "night <14>",
      checks: [
        check(
          "s2", .pass,
          [
            metric("fsync.latency", .noChange, 0.001, rung: "kprobe"),
            metric("block.device", .inconclusive, 0.1),
            metric("binder.call", .regression, 0.3, gating: false),
          ]),
        check(
          "s1", .regression,
          [
            metric("fsync.latency", .regression, 0.25), metric("block.device", .regression, 40),
            metric("binder.call", .noChange, 0),
          ]),
        check("s1", .failed, suite: "app", [], cause: "probe fsync is lost on the candidate"),
      ])
  }

  @Test func whatDevicesDisagreeAboutComesFirst() throws {
    let report = Self.report
    #expect(report.checks.map { "\($0.suite) \($0.device)" } == ["app s1", "boot s1", "boot s2"])
    #expect(report.rows.map(\.metric) == ["fsync.latency@p", "block.device@p"])
    #expect(report.rows.map(\.disagrees) == [true, false])
    #expect(report.rows[0].findings.map { $0?.outcome } == [nil, "regression", "no change"])
    #expect(report.rows[1].findings.map { $0?.change } == [nil, 40, 0.1])
    #expect(
      report.sentence
        == "night <14>: 3 checks on 2 devices, 1 regression, 1 failed, 1 pass; 2 statistics got "
        + "worse, 1 of them not everywhere.")
    let text = report.text(width: 100, style: .plain)
    #expect(text.contains("block.device@p p50 41.0 times, and 1 more"))
    #expect(text.contains("probe fsync is lost on the candidate"))
    #expect(longestLine(report.text(width: 80, style: .plain)) <= 80)
    let table = text.split(separator: "\n").filter { $0.contains("agree") }.map {
      $0.split(separator: " ").joined(separator: " ")
    }
    #expect(
      table == [
        "- +25.0% +0.1% disagree fsync.latency@p p50",
        "- 41.0 times +10.0% agree block.device@p p50",
      ])
  }

  @Test func thePageHasBothTables() throws {
    let html = try document(Self.report, "html")
    #expect(html.contains("<title>Build night &lt;14&gt;</title>"))
    #expect(html.contains("class=\"verdict bad\""))
    #expect(html.contains("Where checks disagree") && html.contains("Worse wherever it was judged"))
    #expect(html.contains("<td>+25.0%, regression</td>"))
    let quiet = BuildReport(build: "b", name: "b", checks: [Self.check("s1", .pass, [])])
    let page = try document(quiet, "html")
    #expect(page.contains("class=\"verdict good\"") && !page.contains("disagree"))
    #expect(BuildReport(build: "b", name: "b", checks: []).sentence == "No check of b is stored.")
    if ForeignReader.has("html5lib") {
      let found = try ForeignReader.run(
        """
        import sys, html5lib
        html5lib.HTMLParser(strict=True).parse(sys.stdin.read())
        print("sound")
        """, input: html)
      #expect(found == "sound\n")
    }
  }

  @Test func aVerdictOfAnotherVersionIsSaidToBeOne() throws {
    var old = Self.check("s1", .regression, [])
    old.verdict = nil
    let report = BuildReport(build: "b", name: "b", checks: [old])
    #expect(report.text(width: 120, style: .plain).contains("made by another version"))
    let json = try #require(
      JSONSerialization.jsonObject(with: try report.json()) as? [String: Any])
    #expect(json["schema"] as? String == "latgate.build/1")
    #expect((json["checks"] as? [[String: Any]])?.first?["outcome"] as? String == "regression")
  }
}
