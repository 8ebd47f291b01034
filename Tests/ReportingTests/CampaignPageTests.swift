import FleetAnalysis
import ForeignReaders
import Foundation
import LatencyHistograms
import Testing

@testable import Reporting

@Suite("Pages about campaigns")
struct CampaignPageTests {
  /// Two arms of 200 devices over three days before the look; the candidate's are `slower` octaves slower.
  static func report(slower: Int) -> CampaignReport {
    var collector = EvidenceCollector(
      .init(
        arms: ["control", "canary"], widths: [5000, 5000], offered: 480_000, now: 480_096,
        silence: 72, candidate: "B2"))
    for device in 0..<400 {
      for day in -2..<4 {
        var histogram = LatencyHistogram()
        let octave = 17 + device % 3 + (day >= 0 && device % 2 == 1 ? slower : 0)
        for step in 0..<40 { histogram.record(UInt64(1) << UInt64(octave) + UInt64(step * 1000)) }
        collector.add(
          .init(
            pseudonym: [
              UInt8(truncatingIfNeeded: device &* 37), UInt8(device & 0xff), UInt8(device >> 8),
            ],
            arm: device % 2, model: "atlas", build: day >= 0 && device % 2 == 1 ? "B2" : "B1",
            hour: 480_000 + day * 24, uptime: 5000,
            measured: [.init(metric: "fsync.latency", way: "T0 ftrace", histogram: histogram)]))
      }
    }
    return CampaignReport(
      FleetJudge().judge(collector.finished(), candidate: 1), campaign: "disk-1", build: "B2",
      offered: "2024-10-04T00:00:00Z", asOf: "2024-10-08T00:00:00Z")
  }

  static let overview = CampaignOverview(
    campaign: "disk-1", asOf: "2024-10-08T00:10:00Z", devices: 400, reports: 2400,
    cohorts: [.init(arm: "canary", build: "B<2>", model: "atlas", devices: 200, reports: 1200)],
    absences: [.init(arm: "canary", why: "stopped: over the CPU budget", devices: nil)],
    costs: [
      .init(
        arm: "control", cpu: .init(median: 0.001, high: 0.004),
        memory: .init(median: 3_145_728, high: 4_194_304), report: .init(median: 120, high: 141))
    ], k: 20)

  @Test("A verdict is read again as it was written")
  func again() throws {
    let report = Self.report(slower: 1)
    #expect(report.verdict.outcome == .stop)
    #expect(try CampaignReport(json: report.json()) == report)
  }

  @Test("What is shown of days: both arms, before the offer too, and none of today")
  func days() {
    let days = Self.report(slower: 1).verdict.release.days
    #expect(Set(days.map(\.day)) == Set(19_998..<20_004))
    #expect(days.count == 12 && days.allSatisfy { $0.metric == "fsync.latency" })
    for one in days {
      #expect(abs(one.buckets.reduce(0) { $0 + $1.share } - 1000) <= 2)
    }
    let candidate = days.filter(\.isCandidate)
    #expect(candidate.first?.buckets.map(\.lower) != candidate.last?.buckets.map(\.lower))
  }

  @Test("A campaign's page has all of it, and nothing from elsewhere")
  func page() {
    let report = Self.report(slower: 1)
    let html = CampaignPage(Self.overview, verdicts: [report, report]).html
    for sentence in [
      "<p class=\"word\">stop</p>", "<h1>Campaign disk-1: build B2</h1>",
      "fsync.latency p90 is", "What became slower", "Distributions, shift and days",
      "aria-label=\"Values over time", "2024-10-02", "2024-10-07", "Can the arms be compared?",
      "sample-ratio", "Every look that was kept", "B&lt;2&gt;", "200 or more",
      "stopped: over the CPU budget", "fewer than 20", "0.10%, 0.40%", "3.00 MiB, 4.00 MiB",
      "120 bytes, 141 bytes", "Nothing is shown of fewer than 20 devices.",
    ] {
      #expect(html.contains(sentence), "\(sentence)")
    }
    #expect(!html.contains("<script") && !html.contains("http:") && !html.contains("https:"))
    #expect(html.hasSuffix("\n"))
  }

  @Test(
    "A strict parser takes it",
    .enabled(if: ForeignReader.has("html5lib"), "python3-html5lib is not installed"))
  func strict() throws {
    let page = CampaignPage(Self.overview, verdicts: [Self.report(slower: 1)]).html
    let found = try ForeignReader.run(
      """
      import sys, html5lib
      html5lib.HTMLParser(strict=True).parse(sys.stdin.read())
      print("sound")
      """, input: page)
    #expect(found == "sound\n")
  }

  @Test("Without a verdict the page says how one is kept")
  func early() {
    let html = CampaignPage(Self.overview, verdicts: []).html
    #expect(html.contains("no verdict yet") && html.contains("judge --keep"))
    #expect(!html.contains("What became slower"))
  }

  @Test("The first page lists campaigns with their last verdicts")
  func list() {
    let html = CampaignListPage(
      [
        .init(campaign: "disk-1", devices: 400, last: Self.report(slower: 0)),
        .init(campaign: "disk-2", devices: nil, last: nil),
      ], k: 20
    ).html
    #expect(html.contains("<a href=\"/campaigns/disk-1\">disk-1</a>"))
    #expect(html.contains("400 or more") && html.contains("fewer than 20"))
    #expect(
      html.contains("2 campaigns with reports") && html.contains("<td class=\"soft\">none</td>"))
  }
}
