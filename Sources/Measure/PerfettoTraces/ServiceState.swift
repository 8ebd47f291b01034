/// What perfetto's service says of itself: a TracingServiceState
/// (protos/perfetto/common/tracing_service_state.proto), as `perfetto --query-raw` prints it.
package struct ServiceState: Sendable, Equatable {
  /// Sessions of everybody that record now.
  package var recording: UInt64 = 0

  /// Reads the message's bytes, which are not trusted.
  package init(_ data: [UInt8]) throws(PerfettoTraceError) {
    var reader = WireReader(data, 0..<data.count)
    while let field = try reader.next() {
      if field.number == 4 { recording = field.number64 }
    }
  }
}
