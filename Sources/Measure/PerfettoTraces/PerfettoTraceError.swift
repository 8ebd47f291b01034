/// Why a trace cannot be folded. Offsets are bytes from the start of the trace.
package enum PerfettoTraceError: Error, Sendable, Equatable {
  /// The file ends inside something that began at `offset`.
  case truncated(offset: Int)
  /// The bytes at `offset` are no protocol buffer, or not one of perfetto's.
  case malformed(offset: Int, problem: String)
  /// The file is something else, or holds the trace in a way that cannot be read.
  case foreign(String)
  /// More than is read.
  case tooLarge(String)
  /// There is no kernel event in it.
  case noEvents
  /// No process has one of these names; those that there are.
  case noProcess([String], known: Set<String>)
  /// No event's text contains the marker.
  case noMarker(String)
  /// A probe's table cannot be folded.
  case declaration(String)
  /// The window asked for is empty or lies outside the trace.
  case window(String)
  /// The task was cancelled.
  case interrupted
}

extension PerfettoTraceError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated(let offset):
      "the trace ends inside what begins at byte \(offset). It may be cut off: copy it again."
    case .malformed(let offset, let problem):
      "byte \(offset): \(problem), so this is no perfetto trace, or a damaged one"
    case .foreign(let what):
      what
    case .tooLarge(let what):
      "\(what): more than a trace may have. Record less, or cut it with perfetto's own tools."
    case .noEvents:
      "no kernel events in the trace. Record with the data source linux.ftrace."
    case .noProcess(let names, _):
      "no process of the trace is called \(names.map { "'\($0)'" }.joined(separator: " or "))"
    case .noMarker(let text):
      "no print event contains \"\(text)\""
    case .declaration(let problem):
      "the spans of a probe cannot be folded: \(problem)"
    case .window(let problem):
      problem
    case .interrupted:
      "interrupted"
    }
  }
}
