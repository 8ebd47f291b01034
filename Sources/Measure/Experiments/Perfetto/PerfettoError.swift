/// Why the device's own perfetto gave no trace.
enum PerfettoError: Error, Sendable, Equatable {
  /// No such program in the shell's path.
  case absent
  /// Tracing is in use, and not by perfetto, which would take it away.
  case otherTool
  /// It did not begin to record; what it said.
  case notStarted(String)
  /// The trace did not arrive whole.
  case cutOff(String)
  /// Events that a probe needs are not to be had, each with the reason.
  case lacking([String])
  /// It recorded, but not what was asked for.
  case useless(String)
}

extension PerfettoError: CustomStringConvertible {
  var description: String {
    switch self {
    case .absent: "the device has no perfetto"
    case .otherTool: "another tool than perfetto is tracing: end it first"
    case .notStarted(let said):
      "perfetto did not begin to record" + (said.isEmpty ? "" : ": \(said)")
    case .cutOff(let problem): "perfetto's trace is cut off: \(problem)"
    case .lacking(let events): "without these events: \(events.joined(separator: ", "))"
    case .useless(let problem): "perfetto's trace is of no use: \(problem)"
    }
  }
}
