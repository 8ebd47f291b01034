/// Why a trace cannot be folded. Offsets are bytes from the start of the file.
package enum PerfettoTraceError: Error, Sendable, Equatable {
  /// The file ends inside something that began at `offset`.
  case truncated(offset: Int)
  /// The bytes at `offset` are no protocol buffer, or not one of perfetto's.
  case malformed(offset: Int, problem: String)
  /// Packets are compressed, which this version cannot read.
  case compressed(offset: Int)
  /// There is no kernel event in it.
  case noEvents
  /// No event's text contains the marker.
  case noMarker(String)
  /// The window asked for is empty or lies outside the trace.
  case window(String)
}

extension PerfettoTraceError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated(let offset):
      "the trace ends inside what begins at byte \(offset). It may be cut off: copy it again."
    case .malformed(let offset, let problem):
      "byte \(offset): \(problem), so this is no perfetto trace, or a damaged one"
    case .compressed(let offset):
      "byte \(offset): compressed packets. Record without compression_type, or let perfetto's"
        + " own tools decompress the trace."
    case .noEvents:
      "no kernel events in the trace. Record with the data source linux.ftrace."
    case .noMarker(let text):
      "no print event contains \"\(text)\""
    case .window(let problem):
      problem
    }
  }
}
