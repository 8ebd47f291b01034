import Campaigns
import FleetAnalysis
import Foundation
import LatencyHistograms

/// Reports of a campaign as lines of JSON, as `latgate-collector export` writes them.
package struct ReportLines: Sendable {
  private struct Line: Decodable {
    struct Histogram: Decodable {
      var buckets: [[UInt64]]
      var label: String
      var metric: Int
      var rung: String
      var tier: String
    }

    var arm: Int
    var build: String
    var campaign: String
    var device: String
    var histograms: [Histogram]
    var kind: Int
    var model: String
    var receivedMilliseconds: Int
    var startedHour: Int
    var subBits: Int
    var uptimeMinutes: Int

    enum CodingKeys: String, CodingKey {
      case arm, build, campaign, device, histograms, kind, model
      case receivedMilliseconds = "received_ms"
      case startedHour = "started_hour"
      case subBits = "sub_bits"
      case uptimeMinutes = "uptime_minutes"
    }
  }

  /// A line that is no report.
  package struct LineError: Error, Sendable, Equatable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var why: String

    package var description: String { "\(file):\(line): \(why)" }
  }

  let manifest: CampaignManifest
  private let names: [Int: String]
  private let file: String

  /// `file` is for messages.
  package init(manifest: CampaignManifest, file: String) {
    self.manifest = manifest
    self.file = file
    names = Dictionary(manifest.metrics.map { ($0.id, $0.name) }) { first, _ in first }
  }

  private struct ModelLine: Decodable {
    var campaign: String
    var model: String
  }

  /// Models with the most reports, at most so many; lines that are no reports are passed over.
  package func models(_ data: Data, most: Int) -> Set<String> {
    var counts: [String: Int] = [:]
    for line in data.split(separator: UInt8(ascii: "\n")) {
      guard let one = try? JSONDecoder().decode(ModelLine.self, from: line),
        one.campaign == manifest.id
      else { continue }
      counts[one.model, default: 0] += 1
    }
    return Set(Self.most(counts, most))
  }

  /// The models with the most reports, at most so many.
  static func most(_ counts: [String: Int], _ most: Int) -> [String] {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(most).map(\.key)
  }

  /// When a report counts; one of a device without a clock counts when it came.
  /// - Parameters:
  ///   - started: hours since 1970 by the device's clock; 0 = not trusted.
  ///   - received: milliseconds since 1970 by the collector's.
  /// - Returns: hours since 1970.
  static func hour(started: Int, received: Int) -> Int {
    started > 0 ? started : received / 3_600_000
  }

  /// Hands over each report; other campaigns' are passed over, and what a device sent of a metric
  /// that the campaign does not have is left out.
  /// - Returns: how many reports were left out.
  /// - Throws: ``LineError`` at the first line that is none.
  @discardableResult
  package func read(_ data: Data, _ take: (EvidenceCollector.Report) -> Void) throws -> Int {
    var number = 0
    var strange = 0
    for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      guard !line.isEmpty else { continue }
      let parsed: Line
      do {
        parsed = try JSONDecoder().decode(Line.self, from: line)
      } catch {
        throw LineError(file: file, line: number, why: "not a report as the collector exports it")
      }
      guard parsed.campaign == manifest.id else { continue }
      guard let report = try report(parsed, line: number) else {
        strange += 1
        continue
      }
      take(report)
    }
    return strange
  }

  /// - Returns: nil for one of a metric that the campaign does not have.
  private func report(
    _ line: Line, line number: Int
  ) throws(LineError) -> EvidenceCollector.Report? {
    func fault(_ why: String) -> LineError { LineError(file: file, line: number, why: why) }
    guard let pseudonym = Hex.bytes(line.device), !pseudonym.isEmpty else {
      throw fault("'device' is no hex digits")
    }
    var measured: [EvidenceCollector.Measured] = []
    for one in line.histograms {
      guard let name = names[one.metric] else { return nil }
      let buckets = one.buckets.map { pair in
        SparseBucket(index: Int(clamping: pair.first ?? 0), count: pair.last ?? 0)
      }
      guard (0...4).contains(line.subBits),
        one.buckets.allSatisfy({ $0.count == 2 && $0[1] < 1 << 40 }),
        let histogram = try? LatencyHistogram(
          sparse: buckets, sum: 0, max: HistogramLayout.maxValue,
          layout: HistogramLayout(subBits: line.subBits))
      else { throw fault("the buckets of metric \(one.metric) are none") }
      measured.append(
        EvidenceCollector.Measured(
          metric: one.label.isEmpty ? name : "\(name){\(one.label)}",
          way: "\(one.tier) \(one.rung)", histogram: histogram))
    }
    return EvidenceCollector.Report(
      pseudonym: pseudonym, arm: line.arm, model: line.model, build: line.build,
      hour: Self.hour(started: line.startedHour, received: line.receivedMilliseconds),
      uptime: line.uptimeMinutes, measured: line.kind == 1 ? measured : nil)
  }
}
