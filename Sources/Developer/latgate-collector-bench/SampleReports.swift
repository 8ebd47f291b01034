#if Collector
  import FleetLog
  import FleetReports
  import Foundation
  import LatencyHistograms

  /// Reports of one device as the field sends them: 12 histograms of about 40 buckets.
  struct SampleReports {
    struct Request: Sendable {
      var bytes: [UInt8]
      var reportSize: Int
    }

    private static let metrics: ClosedRange<UInt16> = 1...12
    private static let events = 2000

    let connection: Int

    /// One of each metric.
    static func histograms() -> [FieldHistogram] {
      guard let attachment = FieldHistogram.Attachment(tier: 2, rung: 1) else { return [] }
      return metrics.map { metric in
        var histogram = LatencyHistogram()
        for _ in 0..<events {
          // The sum of twelve uniform numbers is close to a normal one.
          let normal = (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1) }
          histogram.record(UInt64(exp(9 + Double(metric) / 3 + 0.25 * normal)))
        }
        return FieldHistogram(metric: metric, attachment: attachment, buckets: histogram.sparse)
      }
    }

    func requests(_ count: Int) -> [Request] {
      var report = FleetReport(
        campaign: "scheduler-7", manifest: 0x1122_3344_5566_7788,
        incarnation: .random(in: 0 ... .max), sequence: 0, arm: UInt8(connection % 2),
        build: "2026.11.29-r4", model: "atlas-7", startedHour: 498_800, uptimeMinutes: 1234,
        windowSeconds: 600, cpuMilliseconds: 812, memoryKiB: 5120,
        histograms: Self.histograms())
      return (0..<count).map { sequence in
        report.sequence = UInt32(sequence)
        let bytes = report.bytes
        let head =
          "PUT /v1/reports/\(LogRecord.id(of: bytes)) HTTP/1.1\r\nHost: localhost\r\n"
          + "Content-Length: \(bytes.count)\r\n\r\n"
        return Request(bytes: Array(head.utf8) + bytes, reportSize: bytes.count)
      }
    }
  }
#endif
