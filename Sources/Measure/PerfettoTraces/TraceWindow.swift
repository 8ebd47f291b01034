/// Which part of a trace is judged.
package enum TraceWindow: Sendable, Equatable {
  /// From the first event to the last: what is in flight at its end stays unfinished.
  case whole
  /// Seconds from the first event; what began before is known, what is in flight at the end is
  /// waited for until the trace ends, at most ``drainLimitNs``.
  case seconds(from: Double?, to: Double?)
  /// From the first `print` event that contains one text to the next that contains the other.
  case markers(from: String, to: String)

  /// 5 s.
  static let drainLimitNs: UInt64 = 5_000_000_000

  /// What no clock of a device shows. Sums of times up to it stay within 64 bits.
  static let latestNs = UInt64(Int64.max)
}

/// The four moments of a window in the clock of the events, ns.
package struct WindowMoments: Sendable, Equatable {
  package var arm: UInt64
  package var open: UInt64
  package var drain: UInt64
  package var close: UInt64
}

extension TraceIndex {
  /// - Throws: for a window that is empty or a marker that is not there.
  func moments(
    of window: TraceWindow, _ data: [UInt8]
  ) throws(PerfettoTraceError) -> WindowMoments {
    guard lastNs <= TraceWindow.latestNs else {
      throw .window(
        "an event is at \(seconds(lastNs)), which no clock shows: the trace is damaged, record it "
          + "again")
    }
    return switch window {
    case .whole: try moments(open: firstNs, drain: lastNs + 1)
    case .seconds(let from, let to):
      try moments(
        open: try from.map { second throws(PerfettoTraceError) in try moment(second) } ?? firstNs,
        drain: try to.map { second throws(PerfettoTraceError) in try moment(second) }
          ?? lastNs + 1)
    case .markers(let from, let to):
      try markers(from, to, data)
    }
  }

  private func moments(
    open: UInt64, drain: UInt64
  ) throws(PerfettoTraceError) -> WindowMoments {
    guard open < drain, open <= lastNs else {
      let seconds = Double(lastNs - firstNs) / 1e9
      throw .window("no part of the window is in the trace, whose events cover \(seconds) s")
    }
    let drain = min(drain, lastNs + 1)
    return WindowMoments(
      arm: firstNs, open: open, drain: drain,
      close: min(drain + TraceWindow.drainLimitNs, lastNs + 1))
  }

  private func moment(_ second: Double) throws(PerfettoTraceError) -> UInt64 {
    guard second >= 0, second < 1e9 else { throw .window("\(second) s is not in any trace") }
    return firstNs + UInt64(second * 1e9)
  }

  private func markers(
    _ from: String, _ to: String, _ data: [UInt8]
  ) throws(PerfettoTraceError) -> WindowMoments {
    let printed = try printedTexts(data).sorted { $0.ns < $1.ns }
    func contains(_ print: PrintedText, _ text: String) -> Bool {
      String(decoding: data[print.text], as: UTF8.self).contains(text)
    }
    guard let open = printed.first(where: { contains($0, from) })?.ns else {
      throw .noMarker(from)
    }
    guard let drain = printed.first(where: { $0.ns > open && contains($0, to) })?.ns else {
      throw .noMarker(to)
    }
    return try moments(open: open, drain: drain)
  }

  private func printedTexts(_ data: [UInt8]) throws(PerfettoTraceError) -> [PrintedText] {
    var texts: [PrintedText] = []
    for bundle in bundles {
      var reader = WireReader(data, bundle.range)
      while let field = try reader.next() {
        guard field.number == 2 else { continue }
        var event = WireReader(data, field.bytes)
        var ns: UInt64 = 0
        while let part = try event.next() {
          if part.number == 1 { ns = part.number64 }
          guard part.number == EventDecoding.print else { continue }
          texts.append(PrintedText(ns: ns, text: try EventFields(data, part.bytes).text(2)))
        }
      }
    }
    return texts
  }
}

/// A `print` event: text that a program wrote into the trace.
struct PrintedText {
  var ns: UInt64
  var text: Range<Int>
}
