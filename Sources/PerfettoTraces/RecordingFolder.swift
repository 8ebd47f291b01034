import TraceFold

/// Folds a trace that was recorded around windows, one time for each of them.
///
/// What the agent does with trace events of its own, done on the host: the same windows, the same
/// classes of threads.
package struct RecordingFolder: Sendable {
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
  /// Process id of the agent, whose children are the workload.
  package var agent: UInt32

  package init(windows: [Window], metrics: Set<String>, agent: UInt32) {
    self.windows = windows
    self.metrics = metrics
    self.agent = agent
  }

  /// What a trace says of itself, without its events.
  package static func facts(
    of data: [UInt8]
  ) throws(PerfettoTraceError) -> (facts: TraceFacts, hasEvents: Bool) {
    let index = try TraceIndex(data)
    return (index.facts, index.hasEvents)
  }

  /// Folds a trace's bytes, which are not trusted.
  package func fold(_ data: [UInt8]) throws(PerfettoTraceError) -> FoldedRecording {
    let index = try TraceIndex(data)
    let classes = ThreadClasses(index, agent: agent)
    var folds: [Fold] = []
    for window in windows {
      let moments = WindowMoments(
        arm: window.arm, open: window.opened, drain: window.closed, close: window.until)
      guard
        let fold = Fold(
          metrics: FoldMetrics.bits(of: metrics), classes: classes, window: moments)
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
      faults: faults(index.facts, disordered: stream.disordered))
  }

  /// Why the windows are not told in full.
  private func faults(_ facts: TraceFacts, disordered: Int) -> [String] {
    var facts = facts
    if disordered > 0 { facts.gap("\(disordered) events are not in the order of time") }
    if !facts.isBootTime { facts.gap("its events have another clock than CLOCK_BOOTTIME") }
    if facts.wasSuspended { facts.gap("the device was suspended during the trace") }
    if let first = windows.map(\.arm).min(), facts.startedNs.map({ $0 > first }) ?? true {
      facts.gap("recording began after the first window")
    }
    if let last = windows.map(\.closed).max(), facts.endedNs.map({ $0 < last }) ?? true {
      facts.gap("recording ended before the last window")
    }
    return facts.gaps
  }
}

/// What a recording folds to.
package struct FoldedRecording: Sendable, Equatable {
  /// One of its windows.
  package struct Window: Sendable, Equatable {
    package var metrics: [FoldedMetric]
    package var frequencies: [FoldedFrequency]
  }

  /// In the order of ``RecordingFolder/windows``.
  package var windows: [Window]
  /// Why they do not count; empty when they do.
  package var faults: [String]
}
