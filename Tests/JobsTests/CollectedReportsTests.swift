import Campaigns
import FleetAnalysis
import FleetLog
import FleetReports
import Foundation
import LatencyHistograms
import Testing

@testable import Jobs

@Suite("Reports of an index")
struct CollectedReportsTests {
  private func record(_ metric: UInt16, sequence: UInt32) throws -> LogRecord {
    let attachment = try #require(FieldHistogram.Attachment(tier: 2, rung: 1))
    let report = FleetReport(
      campaign: "disk-1", manifest: 1, incarnation: 2, sequence: sequence, arm: 1, build: "B2",
      model: "pixel", startedHour: 9, windowSeconds: 60,
      histograms: [
        FieldHistogram(
          metric: metric, attachment: attachment, buckets: [SparseBucket(index: 100, count: 2)])
      ])
    return LogRecord(
      id: LogRecord.id(of: report.bytes), device: DevicePseudonym(high: 1, low: 2), received: 1,
      bytes: report.bytes)
  }

  @Test("A report of a metric that the campaign does not have is left out, and stops nothing")
  func strange() throws {
    let path = FileManager.default.temporaryDirectory.path + "/latgate-\(UUID().uuidString).sqlite"
    defer { SQLiteIndex.remove(path: path) }
    try SQLiteIndex(path: path).add(
      [try record(7, sequence: 0), try record(1, sequence: 1)],
      upTo: LogPosition(segment: 1, offset: 1000))
    let manifest = CampaignManifest(
      id: "disk-1", metrics: [CampaignMetric(id: 1, name: "fsync.latency", probe: "fsync")],
      schedule: CampaignSchedule(
        starts: MetadataTime(seconds: 0), ends: MetadataTime(seconds: 1), duration: 1, every: 1,
        window: 1, lease: 60), arms: [], salt: [], bundles: [:])
    var reports: [EvidenceCollector.Report] = []
    let strange = try CollectedReports(place: path).read(manifest) { reports.append($0) }
    #expect(strange == 1 && reports.count == 1)
    #expect(reports.first?.measured?.map(\.metric) == ["fsync.latency"])
  }
}
