#if Collector
  import FleetLog
  import Foundation
  import Hummingbird
  import NIOCore

  /// `/health` and `/metrics`, for those who run the collector.
  struct OperatorResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let log: ReportLog
    let indexer: Indexer
    let metrics: CollectorMetrics

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
      switch request.uri.path {
      case "/health":
        if let trouble = log.trouble {
          return Self.text("\(trouble)\n", status: .serviceUnavailable)
        }
        return Self.text(
          "ok\n" + (indexer.fault.map { "the index does not follow: \($0)\n" } ?? ""))
      case "/metrics":
        return Self.text(
          metrics.text(gauges: gauges),
          type: "application/openmetrics-text; version=1.0.0; charset=utf-8")
      default: return Self.text("nothing is here\n", status: .notFound)
      }
    }

    private var gauges: [(name: String, help: String, value: Double)] {
      let durable = log.durable
      let reached = indexer.reached ?? .start
      let behind =
        durable.segment == reached.segment
        ? durable.offset - min(durable.offset, reached.offset) : durable.offset
      let free = try? URL(fileURLWithPath: log.folder.path)
        .resourceValues(forKeys: [.volumeAvailableCapacityKey]).volumeAvailableCapacity
      return [
        ("waiting_reports", "Reports that wait for an fsync.", Double(log.waitingCount)),
        ("log_segment", "Number of the segment that is written.", Double(durable.segment)),
        ("log_segment_bytes", "Bytes of the segment that is written.", Double(durable.offset)),
        (
          "index_segments_behind", "Segments that the index is behind the log.",
          Double(durable.segment - min(durable.segment, reached.segment))
        ),
        (
          "index_bytes_behind", "Bytes of the last segment that the index has not read.",
          Double(behind)
        ),
        ("free_bytes", "Space left where the log is.", Double(free ?? 0)),
        ("healthy", "1 while reports can be stored.", log.trouble == nil ? 1 : 0),
      ]
    }

    private static func text(
      _ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8"
    ) -> Response {
      Response(
        status: status, headers: [.contentType: type],
        body: .init(byteBuffer: ByteBuffer(string: text)))
    }
  }
#endif
