#if Collector
  import FleetLog
  import Foundation
  import Hummingbird
  import NIOCore
  import POSIXSupport

  /// `/health` and `/metrics`, for those who run the collector, and the dashboard for who has its
  /// password.
  struct OperatorResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let log: ReportLog
    let indexer: Indexer
    let metrics: CollectorMetrics
    let served: ServedCertificate
    let dashboard: Dashboard
    let key: DashboardKey

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
      // Browsers ask for it on their own.
      case "/favicon.ico": return Response(status: .noContent)
      case let path:
        guard key.opens(request.headers[.authorization]) else {
          var refusal = Self.text(
            "the dashboard needs its password: any user, and what is in dashboard.key of the collector's "
              + "directory\n", status: .unauthorized)
          refusal.headers[.wwwAuthenticate] = "Basic realm=\"latgate\", charset=\"UTF-8\""
          return refusal
        }
        let dashboard = dashboard
        // Reading a large campaign takes seconds, in which devices are answered.
        guard request.method == .get,
          let page = try await offloaded({ try dashboard.page(path) })
        else {
          return Self.text("nothing is here\n", status: .notFound)
        }
        return Self.page(page)
      }
    }

    /// A page needs nothing but itself.
    private static func page(_ html: String) -> Response {
      var response = text(html, type: "text/html; charset=utf-8")
      response.headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'"
      response.headers[.cacheControl] = "no-store"
      response.headers[.xContentTypeOptions] = "nosniff"
      return response
    }

    private var gauges: [(name: String, help: String, value: Double)] {
      let durable = log.durable
      let reached = indexer.reached ?? .start
      let behind =
        durable.segment == reached.segment
        ? durable.offset - min(durable.offset, reached.offset) : durable.offset
      let free = try? URL(fileURLWithPath: log.directory.path)
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
        (
          "index_follows", "1 while the index takes what the log has.",
          indexer.fault == nil ? 1 : 0
        ),
        (
          "certificate_end_seconds", "End of the collector's certificate, in seconds since 1970.",
          Double(served.endsAt)
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
