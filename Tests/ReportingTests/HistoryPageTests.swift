import ForeignReaders
import Foundation
import RunRecords
import Testing

@testable import RegressionAnalysis
@testable import Reporting

struct HistoryPageTests {
  /// A metric that steps up at the middle, and one that stays, over many builds.
  static func report(builds: Int) -> HistoryReport {
    let list = (0..<builds).map {
      HistoryReport.Build(
        id: "b\($0)", name: "build <\($0)>", first: Date(timeIntervalSince1970: Double($0)))
    }
    let histories = ["block.device", "fsync.latency"].map { name in
      let isStep = name == "block.device"
      return MetricHistory(
        metric: MetricStatistic(
          id: MetricID(name: name, phase: "p"), statistic: .quantile(0.5)),
        points: (0..<builds).map { place in
          let level = isStep && place >= builds / 2 ? 2e6 : 1e6
          return .init(build: place, value: level * (1 + Double(place % 7) / 100), runs: 3)
        },
        steps: isStep
          ? [
            .init(
              build: builds / 2, before: 1.03e6, after: 2.06e6, change: 1, isWorse: true, p: 1e-6)
          ] : [])
    }
    return HistoryReport(suite: "s", target: "t", builds: list, histories: histories)
  }

  @Test func changesHaveTheirStanding() throws {
    var report = Self.report(builds: 20)
    report.accepted = [.init(build: "b10", baseline: "nightly", reason: "new scheduler")]
    report.waivers = [
      .init(metric: "block.*", until: "2027-01-31", reason: "BUG-7"),
      .init(metric: "other.*", until: "2027-01-31", reason: "BUG-8"),
    ]
    let html = try document(report, "html")
    #expect(html.contains("1 of 2 statistics changed for good."))
    #expect(
      html.contains(
        "worse, accepted in nightly: new scheduler, waived until 2027-01-31: BUG-7</td>"))
    #expect(html.contains("<th scope=\"row\">build &lt;10&gt;</th>"))
    #expect(html.split(separator: "class=\"accepted\"").count == 4)
    #expect(html.split(separator: "<circle").count == 41)
    let text = String(decoding: try report.json(), as: UTF8.self)
    #expect(text.contains("\"nightly\""))
  }

  @Test func aLineOfBlocksShowsTheLevels() {
    #expect(Sparkline.text([], width: 10) == "")
    #expect(Sparkline.text([5, 5, 5], width: 10) == "▁▁▁")
    let least = Double.leastNonzeroMagnitude
    #expect(Sparkline.text([least, 2 * least], width: 10) == "▁█")
    #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 10) == "▁▂▃▄▅▆▇█")
    // Of each three the middle one: one odd build is no level.
    #expect(Sparkline.text([1, 1, 9, 1, 1, 1, 2, 2, 2], width: 3) == "▁▁█")
    let text = Self.report(builds: 1000).text(width: 80, style: .plain, showsAll: true)
    let line = text.split(separator: "\n").first { $0.contains("▁") }
    #expect(line?.contains(/^  ▁+█+  1\.00 ms … 2\.12 ms$/) == true, "\(line ?? "")")
  }

  @Test func tooFewBuildsDoNotShowThatNothingCrept() {
    var report = Self.report(builds: 20)
    report.release = "b17"
    #expect(
      report.text(width: 200, style: .plain, showsAll: false).contains(
        "What crept away from build <17> is not known yet: 3 builds from it on, 6 are needed."))
    report.release = "b14"
    #expect(
      report.text(width: 200, style: .plain, showsAll: false)
        .contains("Nothing crept away from build <14>."))
  }

  @Test func aThousandBuildsAreASmallPage() throws {
    let html = try document(Self.report(builds: 1000), "html")
    #expect(html.utf8.count < 60_000)
    #expect(!html.contains("<circle"))
    let quiet = HistoryReport(suite: "s", target: "t", builds: [], histories: [])
    #expect(try document(quiet, "html").contains("No metric of 0 changed for good."))
  }

  @Test(.enabled(if: ForeignReader.has("html5lib"), "python3-html5lib is not installed"))
  func aStrictParserTakesIt() throws {
    let found = try ForeignReader.run(
      """
      import sys, html5lib
      html5lib.HTMLParser(strict=True).parse(sys.stdin.read())
      print("sound")
      """, input: try document(Self.report(builds: 30), "html"))
    #expect(found == "sound\n")
  }
}
