import CampaignFiles
import Campaigns
import FleetAnalysis
import FleetLog
import FleetReports
import Foundation
import LatencyHistograms

/// Reports of a campaign in a collector's index, read without a way through text.
package struct CollectedReports: Sendable {
  /// As it was named.
  package let place: String
  private let index: any ReportIndex

  /// Opens a collector's index: its file, or `clickhouse://HOST:PORT/DATABASE`.
  /// - Throws: `CampaignFileError` where there is none, `LogError` for one that cannot be used.
  package init(place: String) throws {
    self.place = place
    guard !place.hasPrefix("clickhouse:") else {
      index = try IndexPlace(clickHouse: place).open()
      return
    }
    guard FileManager.default.fileExists(atPath: place) else {
      throw CampaignFileError(
        "there is no index", path: place,
        remedy: "name the collector's index.sqlite, or make it with 'latgate-collector rebuild'")
    }
    index = try SQLiteIndex(path: place, isRead: true)
  }

  /// Models with the most reports, at most so many.
  func models(of campaign: String, most: Int) throws -> Set<String> {
    Set(ReportLines.most(try index.models(of: campaign), most))
  }

  /// Hands over each report of a campaign, ascending by id. A collector knows no manifests: what a
  /// device sent of a metric that the campaign does not have is left out.
  /// - Returns: how many reports were left out.
  /// - Throws: `LogError`.
  func read(
    _ manifest: CampaignManifest, _ take: (EvidenceCollector.Report) -> Void
  ) throws -> Int {
    var strange = 0
    let names = Dictionary(manifest.metrics.map { ($0.id, $0.name) }) { first, _ in first }
    let ways = FieldHistogram.Attachment.tierNames.map { tier in
      FieldHistogram.Attachment.rungNames.map { "\(tier) \($0)" }
    }
    try index.forEachReport(of: manifest.id) { collected in
      let report = collected.report
      let layout = HistogramLayout(subBits: Int(report.subBits))
      let measured = report.histograms.compactMap { one -> EvidenceCollector.Measured? in
        guard let name = names[Int(one.metric)] else { return nil }
        return EvidenceCollector.Measured(
          metric: one.label.isEmpty ? name : "\(name){\(one.label)}",
          way: ways[Int(one.attachment.tier)][Int(one.attachment.rung)], layout: layout,
          buckets: one.buckets)
      }
      guard measured.count == report.histograms.count else {
        strange += 1
        return
      }
      take(
        EvidenceCollector.Report(
          pseudonym: collected.device.bytes, arm: Int(report.arm), model: report.model,
          build: report.build,
          hour: ReportLines.hour(
            started: Int(report.startedHour), received: Int(clamping: collected.received)),
          uptime: Int(report.uptimeMinutes),
          measured: report.kind == .measurement ? measured : nil))
    }
    return strange
  }
}
