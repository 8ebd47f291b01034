import ForeignReaders
import Foundation
import RegressionAnalysis
import RunRecords
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@testable import Reporting

/// Whether every tag is closed and every character allowed; HTML's elements without end are closed
/// for it.
func isWellFormed(_ html: String) -> Bool {
  let xml = html.replacing("<!DOCTYPE html>", with: "")
    .replacing(/<meta([^>]*)>/) { "<meta\($0.1)/>" }
  let parser = XMLParser(data: Data(xml.utf8))
  return parser.parse()
}

/// What the first screen says.
func firstScreen(_ html: String) -> Substring {
  guard let begin = html.range(of: "<header"), let end = html.range(of: "</header>") else {
    return ""
  }
  return html[begin.lowerBound..<end.upperBound]
}

struct HTMLReportTests {
  @Test func aRegressionIsAnsweredOnTheFirstScreen() throws {
    let html = try document(slowReport.get(), "html")
    let screen = firstScreen(html)
    // What, where, how much, how sure, since when, who, what next.
    for answer in [
      "Regression", "simulated wait in phase load got slower on candidate", "device simulated",
      "(+", "95% interval +", "5 + 5 runs", "build candidate, against reference", "What next",
      "firmware",
    ] {
      #expect(screen.contains(answer), "\(answer)")
    }
    #expect(html.contains("<title>Regression: candidate against reference</title>"))
    #expect(isWellFormed(html))
  }

  @Test func theOtherOutcomesSayWhatTheyAre() throws {
    let pass = try document(unchangedReport.get(), "html")
    #expect(firstScreen(pass).contains("candidate is no slower than reference"))
    #expect(!pass.contains("id=\"moved\""))
    var report = verdictReport
    report.outcome = .invalid
    report.owner = "rack"
    report.reasons = ["run 7 is invalid: the device was suspended"]
    let invalid = try document(report, "html")
    #expect(firstScreen(invalid).contains("run 7 is invalid: the device was suspended"))
    #expect(firstScreen(invalid).contains("not the build"))
    report.outcome = .inconclusive
    report.reasons = []
    report.cause = "the arms dropped different shares of their iterations"
    let doubt = firstScreen(try document(report, "html"))
    #expect(doubt.contains("got worse") == false && doubt.contains("looks worse on slow-disk"))
    #expect(doubt.contains("the arms dropped different shares of their iterations"))
    #expect(doubt.contains("Inconclusive"))
  }

  /// Those who cannot see the picture are told where half of the events end.
  @Test func halfOfTheEventsAreBelowWhatADescriptionSays() {
    let edges = [1000.0, 2000, 4000]
    let curve = VerdictReport.Movement.Curve(
      unit: "ns", edges: edges, reference: [0.9, 0.1], candidate: [0.1, 0.9])
    #expect(
      DistributionChart(curve: curve).markup.html.contains(
        "Half of the reference's events are below about 2.00 us, half of the candidate's below about "
          + "4.00 us"))
    let heat = VerdictReport.Movement.Heat(
      edges: edges,
      columns: [
        .init(run: 0, isCandidate: false, shares: [1, 0]),
        .init(run: 1, isCandidate: true, shares: [0, 1]),
      ])
    #expect(
      HeatChart(heat: heat, unit: "ns").markup.html.contains(
        "half of the events of the first are below about 2.00 us, of the last below about 4.00 us"))
  }

  @Test func runsThatAreNotDrawnCountAsRuns() {
    let runs = (0..<130).map { number in
      VerdictReport.Movement.Run(
        isCandidate: number.isMultiple(of: 2), device: "s1", value: 100 + Double(number))
    }
    let picture = RunChart(runs: runs, unit: "ns").markup.html
    #expect(picture.contains(">run 3</text>"))
    #expect(picture.contains(">run 130</text>"))
  }

  @Test func whatMovedIsDrawn() throws {
    let report = try slowReport.get()
    #expect(report.movements.count == 1)
    let movement = try #require(report.movements.first)
    #expect(movement.runs.count == 10)
    #expect(movement.runs.map(\.isCandidate).prefix(4) == [false, true, true, false])
    #expect(movement.shift.count >= 7)
    let curve = try #require(movement.curve)
    #expect(curve.edges.count == curve.reference.count + 1)
    #expect(abs(curve.candidate.reduce(0, +) - 1) < 1e-4)
    let html = try document(report, "html")
    let heat = try #require(movement.heat)
    // Two iterations a run, of which none is lost.
    #expect(heat.columns.count == 20)
    #expect(heat.columns.map(\.run) == (0..<10).flatMap { [$0, $0] })
    #expect(heat.columns.allSatisfy { abs($0.shares.reduce(0, +) - 1) < 1e-9 })
    for picture in ["Distributions.", "Shift by quantile.", "Runs in order.", "Values over time."] {
      #expect(html.contains("aria-label=\"\(picture)"))
    }
    #expect(html.split(separator: "class=\"cand dot\" d=").count == 6)
    #expect(html.split(separator: "class=\"ref dot\"").count == 6)
  }

  /// A curve has its metric's own unit, and the bench what is known of it.
  @Test func unitsAndTheBenchAreTheirOwn() throws {
    var report = try slowReport.get()
    #expect(try document(report, "html").contains("How often this bench flags"))
    report.movements[0].curve?.unit = "KiB"
    report.benchStanding = benchSentence(
      BenchNoise(
        bench: .init(target: "t", device: "d", suite: "s"), firmwares: ["f"], runs: 12, flashes: 1,
        iterations: 3, metrics: [], commonShare: 0, badRuns: [],
        qualification: .init(
          standing: .qualified, resampled: Proportion(1, of: 200), independentSplits: 2,
          simulated: Proportion(3, of: 1000))))
    report.timelines = [
      .init(
        covariate: "temperature_celsius", title: "temperature", unit: "C",
        runs: [30, 31, 34].map { .init(isCandidate: $0 > 31, device: "d", value: $0) })
    ]
    let html = try document(report, "html")
    #expect(html.contains(" KiB</text>"))
    #expect(html.contains("it called unchanged firmware slower in 3 of 1000 (at most"))
    #expect(html.contains("What this check could have found, four times out of five"))
    #expect(html.contains("Reference runs 30") && html.contains("temperature of each run"))
    #expect(isWellFormed(html))
  }

  @Test func thePageNeedsNothingElse() throws {
    let html = try document(slowReport.get(), "html").lowercased()
    for forbidden in [
      "<script", "http:", "https:", "src=", "href=", "url(", "@import", "<link", "onload",
      "<iframe",
    ] {
      #expect(!html.contains(forbidden), "\(forbidden)")
    }
  }

  /// Every picture has its words, every table its titles.
  @Test func thePageIsAccessible() throws {
    let html = try document(slowReport.get(), "html")
    let pictures = html.split(separator: "<svg ").dropFirst()
    #expect(
      pictures.allSatisfy { $0.prefix(200).contains("role=\"img\"") || $0.contains("aria-hidden") })
    let tables = html.split(separator: "<table>").dropFirst()
    #expect(tables.count >= 3)
    #expect(tables.allSatisfy { $0.hasPrefix("<caption>") && $0.contains("scope=\"col\"") })
    #expect(html.contains("<html lang=\"en\">"))
  }

  /// Contrast of text against its ground, as WCAG 2 counts it: 4.5 for AA.
  @Test(arguments: [false, true])
  func coloursHoldTheirContrast(isDark: Bool) throws {
    let sheet = PageStyle.sheet.html
    let parts = sheet.components(separatedBy: "prefers-color-scheme:dark")
    let source = try #require(isDark ? parts.dropFirst().first : parts.first)
    var colours: [String: String] = [:]
    for match in source.matches(of: /--([a-z-]+):(#[0-9a-f]{3,6})/)
    where colours["\(match.1)"] == nil {
      colours["\(match.1)"] = String(match.2)
    }
    func luminance(_ name: String) throws -> Double {
      var digits = try #require(colours[name]).dropFirst().map(String.init)
      if digits.count == 3 { digits = digits.flatMap { [$0, $0] } }
      let parts = stride(from: 0, to: 6, by: 2).map { position -> Double in
        let value = Double(Int(digits[position] + digits[position + 1], radix: 16) ?? 0) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    func contrast(_ one: String, _ other: String) throws -> Double {
      let pair = [try luminance(one), try luminance(other)].sorted()
      return (pair[1] + 0.05) / (pair[0] + 0.05)
    }
    for text in ["ink", "soft", "ref", "cand", "bad", "good", "doubt"] {
      for ground in ["ground", "panel"] {
        #expect(try contrast(text, ground) >= 4.5, "\(text) on \(ground)")
      }
    }
    for tone in ["bad", "good", "doubt"] {
      for text in [tone, "ink", "soft"] {
        #expect(try contrast(text, "\(tone)-ground") >= 4.5, "\(text) on \(tone)-ground")
      }
    }
  }

  /// Names come from devices and files.
  @Test func foreignTextIsText() throws {
    var report = verdictReport
    report.rows[0].metric = "<script>alert(1)</script>\u{1B}[2J\u{202E}"
    report.candidate.name = "\"><img src=x onerror=y>"
    report.reasons = ["a < b & c\nd\u{0}"]
    report.next = ["<b>"]
    let html = try document(report, "html")
    #expect(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"))
    #expect(!html.unicodeScalars.contains { [0, 0x1b, 0x202e].contains($0.value) })
    #expect(html.contains("a &lt; b &amp; c d"))
    #expect(isWellFormed(html))
  }

  /// A large suite in which everything moves, and one that is larger than any.
  @Test(arguments: [60, 2000])
  func thePageStaysSmall(metrics: Int) throws {
    var report = try slowReport.get()
    let movement = try #require(report.movements.first)
    let row = try #require(report.rows.first { $0.finding == .regression })
    report.movements = (0..<min(metrics, 24)).map { number in
      var next = movement
      next.metric = "probe\(number).latency{class=workload,dev=mmcblk0}@phase-\(number)"
      next.family = next.metric
      return next
    }
    report.rows = (0..<metrics).flatMap { number in
      ["p50", "p90", "p99", "rate", "worst p50", "worst p90"].map { statistic in
        var next = row
        next.metric = "probe\(number).latency{class=workload,dev=mmcblk0}@phase-\(number)"
        next.statistic = statistic
        next.note = "not shown to be under its budget; needs 4 more runs per arm"
        return next
      }
    }
    let html = try document(report, "html")
    #expect(html.utf8.count <= 250_000, "\(html.utf8.count)")
    #expect(html.contains("Left out: ") == (metrics * 6 > VerdictPage.mostRows))
    #expect(isWellFormed(html))
  }

  @Test(.enabled(if: ForeignReader.has("html5lib"), "python3-html5lib is not installed"))
  func aForeignParserFindsNothingWrong() throws {
    let report = try slowReport.get()
    let found = try ForeignReader.run(
      """
      import sys, html5lib
      parser = html5lib.HTMLParser(strict=False)
      tree = parser.parse(sys.stdin.read())
      print(len(parser.errors), parser.errors[:3])
      space = "{http://www.w3.org/1999/xhtml}"
      print(len(tree.findall(f".//{space}table")), len(tree.findall(f".//{space}header")))
      """, input: try document(report, "html"))
    #expect(found.hasPrefix("0 []\n"), "\(found)")
    #expect(found.hasSuffix(" 1\n"))
  }
}

struct ConclusionTests {
  @Test func metricsHaveNamesThatPeopleSay() {
    let names = MetricTitle(titles: ["fsync.latency": "fsync", "block.device": "block device time"])
    func text(_ name: String, _ labels: [String: String]) -> String {
      names.text(MetricID(name: name, phase: "p", labels: labels))
    }
    #expect(
      text("fsync.latency", ["class": "workload", "fs": "ext4"]) == "fsync of the workload on ext4")
    #expect(
      text("block.device", ["dev": "vdb", "op": "write"]) == "block device time, write on vdb")
    #expect(
      text("sleep.time", ["class": "user", "cause": "io"])
        == "sleep.time of other processes, cause io")
    #expect(
      text("syscall.latency", ["class": "workload", "nr": "getppid"])
        == "syscall.latency of the workload, getppid")
    #expect(text("boot.time", [:]) == "boot.time")
  }

  @Test func theWorstRegressionLeads() throws {
    let lead = try #require(verdictReport.lead)
    #expect(lead.metric == "fsync.latency{fs=f2fs}@fsync-f2fs")
    let conclusion = Conclusion(verdictReport)
    #expect(
      conclusion.sentence
        == "fsync.latency{fs=f2fs}@fsync-f2fs got slower on slow-disk: p50 4.13 ms → 8.30 ms (+101%), and 1 more statistic got worse."
    )
    let answers = Dictionary(
      uniqueKeysWithValues: conclusion.answers.map { ($0.question, $0.answer) })
    #expect(answers["How sure"] == "95% interval +97.0% … +105%; 8 + 8 runs, interleaved evidence")
    #expect(
      answers["Since"] == "build slow-disk (slow-disk-77aa), against reference (reference-1f2e)")
  }

  @Test func largeChangesAreTimes() throws {
    var report = verdictReport
    report.rows = [
      .init(
        metric: "m@p", unit: "ns", statistic: "p90", reference: 1000, candidate: 41_000, change: 40,
        lower: 30, upper: 50, finding: .regression)
    ]
    let conclusion = Conclusion(report)
    #expect(
      conclusion.sentence
        == "m@p got slower on slow-disk: p90 1.00 us → 41.0 us (41.0 times as long).")
    let sure = conclusion.answers.first { $0.question == "How sure" }?.answer
    #expect(sure == "95% interval 31.0 … 51.0 times; 8 + 8 runs, interleaved evidence")
  }

  @Test func aWorkloadsOwnNumberGetsWorse() {
    var row = VerdictReport.Row(
      metric: "boot.rate", unit: "MB/s", statistic: "value", change: -0.2, finding: .regression)
    row.isHigherBetter = true
    #expect(row.verb == "got worse")
  }
}
