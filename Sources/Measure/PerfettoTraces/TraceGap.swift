/// A part of a trace in which events may be missing.
package struct TraceGap: Sendable, Hashable {
  /// In words, without the times.
  package var reason: String
  /// From the last event that is known to be there, in the events' clock.
  package var from: UInt64 = 0
  /// To the next one from which on everything is there again.
  package var until: UInt64 = .max
  /// Whether it touches only metrics that say whose threads they are of.
  var isOfClasses = false

  /// Those of `metrics`, all of which are of `all`, that it touches.
  func touched(_ metrics: Set<String>, of all: FoldMetrics) -> Set<String> {
    isOfClasses ? metrics.intersection(all.byClass) : metrics
  }

  /// Whether its place in the trace is not known.
  package var isEverywhere: Bool { from == 0 && until == .max }
}

/// Gaps, each once, in the order in which they were found. A long trace may have very many.
struct GapList {
  private(set) var all: [TraceGap] = []
  private var known: Set<TraceGap> = []

  mutating func add(_ gap: TraceGap) {
    if gap.from < gap.until, known.insert(gap).inserted { all.append(gap) }
  }
}

extension [TraceGap] {
  /// The gaps that touch a window. Those outside move its edges: what came before one is not known,
  /// and what is in flight at one is not waited for.
  func touching(_ window: inout WindowMoments) -> [TraceGap] {
    for gap in self {
      if gap.until <= window.open { window.arm = Swift.max(window.arm, gap.until) }
      if gap.from >= window.drain { window.close = Swift.min(window.close, gap.from) }
    }
    return filter { $0.from < window.drain && $0.until > window.open }
  }
}

/// A time as text, to the microsecond.
func seconds(_ ns: UInt64) -> String {
  let microseconds = ns / 1000
  let fraction = String(1_000_000 + microseconds % 1_000_000).dropFirst()
  return "\(microseconds / 1_000_000).\(fraction) s"
}
