import ForeignReaders
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@testable import Reporting

/// A report of many rows with names and notes as no device should have them.
private func hugeReport(rows: Int, note: Int = 2000) -> VerdictReport {
  var report = verdictReport
  report.rows = (0..<rows).map { number in
    .init(
      metric: "probe.m\(number){class=a|b,name=`<\(String(repeating: "x", count: 300))>`}@phase",
      unit: "ns", statistic: "p99", reference: 1000, candidate: 2000, change: 1, lower: 0.9,
      upper: 1.1, finding: number % 2 == 0 ? .regression : .noChange,
      note: String(repeating: "\"note\" ", count: note / 7))
  }
  report.reasons = (0..<500).map { "reason \($0) " + String(repeating: "é", count: 500) }
  report.next = report.reasons
  return report
}

struct JUnitTests {
  @Test func aCaseForEachMetricAndOneForTheVerdict() throws {
    let xml = try document(verdictReport, "junit")
    #expect(
      xml.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"latgate\""))
    #expect(XMLParser(data: Data(xml.utf8)).parse())
    #expect(xml.split(separator: "<testcase ").count - 1 == 4)
    #expect(xml.split(separator: "<failure ").count - 1 == 3)
    #expect(xml.contains("tests=\"4\" failures=\"3\" errors=\"0\" skipped=\"0\""))
  }

  /// A verdict that is no pass leaves the tab red, whatever the metrics say.
  @Test(arguments: [VerdictReport.Outcome.inconclusive, .invalid])
  func noPassIsAnError(outcome: VerdictReport.Outcome) throws {
    var report = verdictReport
    report.outcome = outcome
    report.rows = report.rows.filter { $0.finding == .noChange }
    report.reasons = ["the bench is too warm"]
    let xml = try document(report, "junit")
    #expect(xml.contains("tests=\"2\" failures=\"0\" errors=\"1\""))
  }

  @Test(.enabled(if: ForeignReader.has("junitparser"), "python3-junitparser is not installed"))
  func aForeignReaderCountsTheSame() throws {
    let counts = try ForeignReader.run(
      """
      import sys, junitparser
      suites = junitparser.JUnitXml.fromstring(sys.stdin.read().encode())
      results = [type(r).__name__ for s in suites for c in s for r in (c.result or [])]
      print(suites.tests, suites.failures, suites.errors, sorted(results))
      print([c.name for s in suites for c in s][0], [c.classname for s in suites for c in s][0])
      """, input: try document(verdictReport, "junit"))
    #expect(
      counts == "4 3 0 ['Failure', 'Failure', 'Failure']\nverdict latgate.demo\n", "\(counts)")
  }
}

/// Jenkins reads a test tab's files by this schema.
@Suite(
  .enabled(
    if: ForeignReader.file("junit-10.xsd") != nil && ForeignReader.has("lxml"),
    "no schema of JUnit's reports: run ci/setup"))
struct JUnitSchemaTests {
  private func faults(_ xml: String) throws -> String {
    let schema = try #require(ForeignReader.file("junit-10.xsd"))
    return try ForeignReader.run(
      """
      import sys
      from lxml import etree
      schema = etree.XMLSchema(etree.parse("\(schema)"))
      document = etree.fromstring(sys.stdin.buffer.read())
      print(schema.validate(document), [fault.message for fault in schema.error_log])
      """, input: xml)
  }

  @Test(arguments: VerdictReport.Outcome.allCases)
  func everyOutcomeFits(outcome: VerdictReport.Outcome) throws {
    var report = verdictReport
    report.outcome = outcome
    for (place, finding) in zip(report.rows.indices, VerdictReport.Finding.allCases) {
      report.rows[place].finding = finding
    }
    report.rows[1].note = "a <b> & \"c\" \u{1B}[1m"
    #expect(try faults(document(report, "junit")) == "True []\n")
  }

  @Test func aFileOfAnotherShapeDoesNot() throws {
    let xml = try document(verdictReport, "junit").replacing("<testcase ", with: "<case ")
      .replacing("</testcase>", with: "</case>")
    #expect(try faults(xml).hasPrefix("False "))
  }
}

struct MarkdownTests {
  @Test func theVerdictLeads() throws {
    let text = try document(verdictReport, "markdown")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines[0].hasPrefix("### ❌ Regression: fsync.latency{fs=f2fs}&#64;fsync-f2fs got slower"))
    #expect(text.contains("- **How sure**: 95% interval"))
    #expect(
      text.contains("| `fsync.latency{fs=f2fs}@fsync-f2fs` | p50 | 4.13 ms | 8.30 ms | +101% |"))
    #expect(text.contains("<details><summary>2 more statistics</summary>"))
    #expect(!text.contains("Left out"))
  }

  /// GitHub's own reader: the rows that it makes of the tables, and what it makes of a device's text.
  @Test(
    .enabled(
      if: ForeignReader.has("cmarkgfm") && ForeignReader.has("html5lib"),
      "python3-cmarkgfm is not installed: run ci/setup"), arguments: ["markdown", "github-summary"])
  func githubsReaderCountsTheSame(format: String) throws {
    var report = verdictReport
    report.rows[0].metric = "m{a|b,`c`=<img>}@p"
    report.candidate.name = "<script>[x](y) *z*"
    report.next = ["look at @everyone\n# now"]
    let found = try ForeignReader.run(
      """
      import sys, cmarkgfm, html5lib
      from cmarkgfm.cmark import Options
      html = cmarkgfm.github_flavored_markdown_to_html(sys.stdin.read(), Options.CMARK_OPT_UNSAFE)
      tree = html5lib.parse(html, namespaceHTMLElements=False)
      print([len(tree.findall(f".//{name}")) for name in
             ("h3", "h1", "table", "details", "ol", "script", "img", "em", "a")])
      rows = [["".join(cell.itertext()) for cell in row.findall("td")]
              for row in tree.findall(".//tbody/tr")]
      print(len(rows), {len(row) for row in rows})
      print(sorted(row[2] for row in rows if row[2] != "–"))
      print([row[0] for row in rows if "m{" in row[0]])
      """, input: try document(report, format))
    let values = report.rows.compactMap { row in
      row.reference.map { "'\(humanValue($0, unit: row.unit))'" }
    }.sorted().joined(separator: ", ")
    #expect(
      found == """
        [1, 0, 2, 1, 1, 0, 0, 0, 0]
        \(report.rows.count) {7}
        [\(values)]
        ["m{a|b,'c'=<img>}@p"]

        """, "\(found)")
  }

  @Test(arguments: [("markdown", 60_000), ("github-summary", 1 << 20)])
  func theSizeHolds(format: String, limit: Int) throws {
    for rows in [1, 40, 400, 8000] {
      let text = try document(hugeReport(rows: rows), format)
      #expect(text.utf8.count <= limit)
      #expect(text.contains("### ❌ Regression"))
      // What is open is closed.
      #expect(
        text.split(separator: "<details>").count == text.split(separator: "</details>").count)
    }
    let text = try document(hugeReport(rows: 8000), format)
    #expect(text.contains("Left out for size: "))
    #expect(text.hasSuffix("`report.json` has all.\n"))
  }

  /// A letter under fifty thousand accents is one character.
  @Test(arguments: ["markdown", "github-summary", "why"])
  func theSizeIsThatOfBytes(format: String) throws {
    let tower = "e" + String(repeating: "\u{301}", count: 50_000)
    #expect(tower.count == 1)
    var report = verdictReport
    report.candidate.name = "slow-disk" + tower
    report.suite = tower
    report.target = tower
    report.reasons = Array(repeating: tower, count: 4)
    report.next = report.reasons
    for row in report.rows.indices { report.rows[row].metric = "m" + tower + "@p" }
    let text = try document(report, format)
    #expect(text.utf8.count <= (format == "why" ? 8000 : 60_000))
    #expect(text.contains(format == "why" ? "\"exitCode\" : 1" : "### ❌ Regression: m"))
    #expect(text.contains("slow-disk"))
  }

  @Test func foreignTextMeansNothing() {
    #expect(
      MarkdownText.escaped("[a](b) @all <x>\n| `c`")
        == "&#91;a&#93;(b) &#64;all &#60;x&#62; &#124; &#96;c&#96;")
    #expect(MarkdownText.code("a`b|c", inTable: true) == "`a'b\\|c`")
    #expect(MarkdownText.code("a`b|c", inTable: false) == "`a'b|c`")
  }
}

struct GitHubAnnotationsTests {
  @Test func eachFailureIsALine() throws {
    var report = verdictReport
    report.rows[2].metric = "m,a:b@p"
    report.rows[2].note = "50% more"
    let lines = try document(report, "github-annotations").split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("::error title=latgate%3A Regression::"))
    #expect(lines[1].hasPrefix("::error title=m%2Ca%3Ab@p::p50 4.13 ms → 8.30 ms (+101%25)"))
    #expect(lines[3].hasPrefix("::warning title=block.device"))
    #expect(
      try document(hugeReport(rows: 100), "github-annotations").split(separator: "\n").count == 10)
  }
}

struct OpenMetricsTests {
  @Test func samplesHaveTheirUnits() throws {
    let text = try document(verdictReport, "openmetrics")
    #expect(text.hasSuffix("# EOF\n"))
    #expect(text.contains("latgate_exit_code{suite=\"demo\",device=\"virtual\"} 1.0\n"))
    #expect(
      text.contains(
        "latgate_value_seconds{suite=\"demo\",device=\"virtual\",metric=\"fsync.latency{fs=f2fs}@fsync-f2fs\","
          + "statistic=\"p50\",arm=\"candidate\"} 0.0083"))
  }

  @Test(
    .enabled(
      if: ForeignReader.has("prometheus_client"), "python3-prometheus-client is not installed"))
  func aStrictReaderTakesIt() throws {
    var report = verdictReport
    report.rows.append(
      .init(
        metric: "say \"hi\"\\\n", unit: "MB/s", statistic: "value", reference: 1, candidate: 2,
        change: 1, finding: .improvement))
    let found = try ForeignReader.run(
      """
      import sys
      from prometheus_client.openmetrics.parser import text_string_to_metric_families
      for family in text_string_to_metric_families(sys.stdin.read()):
          print(family.name, family.type, len(family.samples), sum(s.value for s in family.samples))
      """, input: try document(report, "openmetrics"))
    #expect(found.contains("latgate_value_mb_s gauge 2 3.0\n"), "\(found)")
    #expect(found.contains("latgate_regression gauge 6 2.0\n"), "\(found)")
    #expect(found.contains("latgate_value_seconds gauge 10 "), "\(found)")
  }
}

extension OpenMetricsTests {
  @Test func unitsThatAreWrittenAlikeAreFamiliesOfTheirOwn() throws {
    var report = verdictReport
    report.rows = ["B/s", "b.s", "B/s"].enumerated().map { number, unit in
      .init(
        metric: "m\(number / 2)", unit: unit, statistic: "value", reference: 1, candidate: 2,
        change: 1, finding: .improvement)
    }
    let lines = try document(report, "openmetrics").split(separator: "\n")
    let types = lines.filter { $0.hasPrefix("# TYPE latgate_value_") }
    #expect(
      types == ["# TYPE latgate_value_b_s gauge", "# TYPE latgate_value_b_s_2 gauge"])
    let samples = lines.filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: "} ").first }
    #expect(Set(samples).count == samples.count, "\(samples)")
  }
}

struct CSVTests {
  @Test func aForeignReaderReadsTheSame() throws {
    var report = verdictReport
    report.rows[0].note = "a \"quoted\", and\nbroken note"
    report.rows[1].metric = "=HYPERLINK(1)"
    let found = try ForeignReader.run(
      """
      import csv, io, sys
      rows = list(csv.DictReader(io.StringIO(sys.stdin.buffer.read().decode(), newline=""), strict=True))
      print(len(rows), rows[0]["note"], rows[1]["metric"], rows[5]["change"], rows[2]["finding"])
      print(sum(float(r["candidate"]) for r in rows if r["candidate"]))
      """, input: try document(report, "csv"))
    let sum = report.rows.compactMap(\.candidate).reduce(0, +)
    #expect(
      found == "6 a \"quoted\", and broken note '=HYPERLINK(1) -0.088 regression\n\(sum)\n",
      "\(found)")
  }
}

struct WhyTests {
  private struct Why: Decodable {
    struct Suspect: Decodable {
      var metric: String
      var change: Double
    }

    var schema: String
    var outcome: String
    var exitCode: Int
    var suspects: [Suspect]
    var suspectsLeftOut: Int
    var next: [String]
  }

  @Test func itSaysWhatToActOn() throws {
    let data = Data(try document(verdictReport, "why").utf8)
    let why = try JSONDecoder().decode(Why.self, from: data)
    #expect(why.schema == "latgate.why/1")
    #expect(why.outcome == "regression" && why.exitCode == 1)
    #expect(why.suspects.first?.metric == "fsync.latency{fs=f2fs}@fsync-f2fs")
    #expect(why.suspects.count == 3 && why.suspectsLeftOut == 0)
    #expect(why.next == verdictReport.next)
  }

  @Test func itIsBounded() throws {
    for rows in [1, 50, 3000] {
      let data = Data(try document(hugeReport(rows: rows), "why").utf8)
      #expect(data.count <= 8000)
      let why = try JSONDecoder().decode(Why.self, from: data)
      #expect(why.suspects.count + why.suspectsLeftOut == (rows + 1) / 2)
    }
  }
}

struct BenchmarkFormatTests {
  private struct Entry: Decodable {
    var name: String
    var unit: String
    var value: Double
  }

  private struct Measure: Decodable {
    var value: Double
    var lower_value: Double?
    var upper_value: Double?
  }

  @Test func githubBenchmarkTakesWhatIsBetterSmaller() throws {
    var report = verdictReport
    report.rows[0].isHigherBetter = true
    let entries = try JSONDecoder().decode(
      [Entry].self, from: Data(try document(report, "github-benchmark").utf8))
    #expect(entries.map(\.value) == [9_996_000, 8_300_000, 39_600])
    #expect(Set(entries.map(\.name)).count == 3)
    #expect(entries.allSatisfy { $0.unit == "ns" })
  }

  @Test func bencherGetsBounds() throws {
    let found = try JSONDecoder().decode(
      [String: [String: Measure]].self, from: Data(try document(verdictReport, "bencher").utf8))
    let measure = try #require(found["fsync.latency{fs=f2fs}@fsync-f2fs"]?["latency-p50"])
    #expect(measure.value == 8_300_000)
    #expect(abs((measure.lower_value ?? 0) - 4_130_000 * 1.97) < 1)
    #expect(abs((measure.upper_value ?? 0) - 4_130_000 * 2.05) < 1)
    for (_, measures) in found {
      for (_, one) in measures {
        #expect((one.lower_value ?? one.value) <= one.value)
        #expect((one.upper_value ?? one.value) >= one.value)
      }
    }
  }
}

/// Prometheus's own reader of texts.
@Suite(
  .enabled(if: ForeignReader.program("promtool") != nil, "promtool is not installed: run ci/setup"))
struct PromtoolTests {
  /// What it says of a text, and its exit code.
  private func check(_ text: String) throws -> String {
    let promtool = try #require(ForeignReader.program("promtool"))
    return try ForeignReader.run(
      """
      import subprocess, sys
      done = subprocess.run(["\(promtool)", "check", "metrics"], input=sys.stdin.buffer.read(),
                            capture_output=True)
      print(done.returncode, done.stderr.decode().strip())
      """, input: text)
  }

  @Test func promtoolTakesIt() throws {
    #expect(try check(document(verdictReport, "openmetrics")) == "0 \n")
    #expect(try check("latgate_value{a=1} x\n").hasPrefix("1 "))
  }
}
