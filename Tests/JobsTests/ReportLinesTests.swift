import Campaigns
import FleetAnalysis
import Foundation
import Testing

@testable import Jobs

@Suite("Lines of reports")
struct ReportLinesTests {
  private static let good = """
    {"arm":1,"build":"B2","campaign":"disk-1","device":"80ff","histograms":[{"buckets":[[100,2],[101,1]],\
    "censored":0,"label":"fs=ext4","lost":0,"metric":1,"rung":"tp_btf","tier":"T2"}],"kind":1,\
    "model":"pixel","received_ms":7200000,"started_hour":0,"sub_bits":4,"uptime_minutes":5}
    """

  private var lines: ReportLines {
    ReportLines(
      manifest: CampaignManifest(
        id: "disk-1", metrics: [CampaignMetric(id: 1, name: "fsync.latency", probe: "fsync")],
        schedule: CampaignSchedule(
          starts: MetadataTime(seconds: 0), ends: MetadataTime(seconds: 1), duration: 1, every: 1,
          window: 1, lease: 60), arms: [], salt: [], bundles: [:]), file: "reports")
  }

  private func read(_ text: String) throws -> [EvidenceCollector.Report] {
    var reports: [EvidenceCollector.Report] = []
    try lines.read(Data(text.utf8)) { reports.append($0) }
    return reports
  }

  @Test("A report is read, and counted when it came where the device has no clock")
  func good() throws {
    let report = try #require(try read("\n\(Self.good)\n").first)
    #expect(report.hour == 2 && report.uptime == 5 && report.arm == 1)
    #expect(report.pseudonym == [0x80, 0xff])
    let measured = try #require(report.measured?.first)
    #expect(measured.metric == "fsync.latency{fs=ext4}" && measured.way == "T2 tp_btf")
    #expect(measured.buckets.reduce(0) { $0 + $1.count } == 3)
    let clock = try read(Self.good.replacing("\"started_hour\":0", with: "\"started_hour\":9"))
    #expect(clock.first?.hour == 9)
    let refusal = try read(Self.good.replacing("\"kind\":1", with: "\"kind\":2"))
    #expect(refusal.count == 1 && refusal[0].measured == nil)
    #expect(try read(Self.good.replacing("disk-1", with: "disk-2")).isEmpty)
  }

  @Test("Models with the most reports are found")
  func models() {
    let other = Self.good.replacing("pixel", with: "small")
    let text = "\(other)\n\(Self.good)\nnonsense\n\(Self.good)\n"
    #expect(lines.models(Data(text.utf8), most: 1) == ["pixel"])
    #expect(lines.models(Data(text.utf8), most: 9) == ["pixel", "small"])
  }

  @Test(
    "What is no report of the campaign is named by its line",
    arguments: [
      ("[100,2]", "[100]"), ("[100,2]", "[528,2]"),
      ("[100,2]", "[100,0]"), ("[100,2]", "[100,1099511627776]"), ("80ff", "80fg"), ("80ff", ""),
      ("\"sub_bits\":4", "\"sub_bits\":5"), ("\"arm\":1,", ""), ("}]", "}"),
    ])
  func broken(_ part: String, _ other: String) throws {
    let text = "\(Self.good)\n\(Self.good.replacing(part, with: other))\n"
    let fault = try #require(throws: ReportLines.LineError.self) { try read(text) }
    #expect(fault.line == 2 && fault.file == "reports")
  }

  @Test("A report of a metric that the campaign does not have is left out, and stops nothing")
  func strange() throws {
    let other = Self.good.replacing("\"metric\":1", with: "\"metric\":2")
    let text = Data("\(other)\n\(Self.good)\n".utf8)
    var hours: [Int] = []
    let strange = try lines.read(text) { hours.append($0.hour) }
    #expect(strange == 1 && hours == [2])
    var judging = CampaignJudging(
      manifest: lines.manifest, candidate: "canary", build: "B2", offered: MetadataTime(seconds: 0),
      now: MetadataTime(seconds: 86_400), silence: 72)
    judging.manifest.arms = [
      CampaignArm(name: "control", from: 0, to: 100),
      CampaignArm(name: "canary", from: 100, to: 200),
    ]
    let (verdict, notes) = try judging.verdict(of: .lines(text, file: "reports"))
    #expect(verdict.outcome == .goOn)
    #expect(notes == ["1 reports of metrics that the campaign does not have are left out"])
  }
}
