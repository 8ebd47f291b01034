/// Folds a trace that was recorded around windows, one time for each of them.
///
/// What the agent does with trace events of its own, done on the host: the same windows, the same
/// classes of threads.
package struct RecordingDirectory: Sendable {
  /// Moments of a window, CLOCK_BOOTTIME ns.
  package struct Window: Sendable, Equatable {
    /// From here on starts are known, so that what began before the window is.
    package var arm: UInt64
    package var opened: UInt64
    package var closed: UInt64
    /// How long operations in flight are waited for.
    package var until: UInt64

    package init(arm: UInt64, opened: UInt64, closed: UInt64, until: UInt64) {
      self.arm = arm
      self.opened = opened
      self.closed = closed
      self.until = until
    }
  }

  package var windows: [Window]
  /// By name.
  package var metrics: Set<String>
  /// Metrics beside those that are known, each as `span_declaration.h` says.
  package var declarations: [[UInt8]]
  /// Process id of the agent, whose children are the workload.
  package var agent: UInt32

  package init(
    windows: [Window], metrics: Set<String>, declarations: [[UInt8]] = [], agent: UInt32
  ) {
    self.windows = windows
    self.metrics = metrics
    self.declarations = declarations
    self.agent = agent
  }

  /// What a trace says of itself, without its events.
  package static func facts(
    of data: [UInt8]
  ) throws(PerfettoTraceError) -> (facts: TraceFacts, hasEvents: Bool) {
    let index = try TraceIndex(Self.whole(data), FoldMetrics())
    return (index.facts, index.hasEvents)
  }

  /// Folds a trace's bytes, which are not trusted.
  package func fold(_ data: [UInt8]) throws(PerfettoTraceError) -> FoldedRecording {
    let data = try Self.whole(data)
    let all = try FoldMetrics(declarations: declarations)
    let index = try TraceIndex(data, all)
    let classes = ThreadClasses(index, agent: agent)
    var folds: [Fold] = []
    var gaps = GapList()
    for window in windows {
      var moments = WindowMoments(
        arm: window.arm, open: window.opened, drain: window.closed, close: window.until)
      for gap in index.facts.gaps.touching(&moments)
      where !gap.touched(metrics, of: all).isEmpty {
        gaps.add(gap)
      }
      guard
        let fold = Fold(
          metrics, of: all, presence: index.recorded, classes: classes, window: moments)
      else { throw .window("not enough memory to fold the trace") }
      folds.append(fold)
    }
    var stream = EventStream(data, index)
    while let event = try stream.next() {
      for (fold, window) in zip(folds, windows) where event.time_ns < window.until {
        fold.take(event)
      }
    }
    return FoldedRecording(
      windows: folds.map {
        FoldedRecording.Window(
          metrics: $0.results(), frequencies: $0.frequencies())
      },
      faults: faults(index.facts, gaps.all.map(\.reason) + stream.faults))
  }

  /// The bytes of a trace that ends where it should.
  private static func whole(_ data: [UInt8]) throws(PerfettoTraceError) -> [UInt8] {
    let plain = try PlainTrace(data)
    if let tear = plain.tear { throw tear }
    return plain.bytes
  }

  /// Why the windows are not known in full.
  private func faults(_ facts: TraceFacts, _ found: [String]) -> [String] {
    var faults = found
    if !facts.isBootTime { faults.append("its events have another clock than CLOCK_BOOTTIME") }
    if let first = windows.map(\.arm).min(), facts.startedNs.map({ $0 > first }) ?? true {
      faults.append("recording began after the first window")
    }
    if let last = windows.map(\.closed).max(), facts.endedNs.map({ $0 < last }) ?? true {
      faults.append("recording ended before the last window")
    }
    return faults
  }
}

/// What a recording folds to.
package struct FoldedRecording: Sendable, Equatable {
  package struct Window: Sendable, Equatable {
    package var metrics: [FoldedMetric]
    package var frequencies: [FoldedFrequency]
  }

  /// In the order of ``RecordingDirectory/windows``.
  package var windows: [Window]
  /// Why they do not count; empty when they do.
  package var faults: [String]
}
