import TraceFold

/// Folds a perfetto trace (protos/perfetto/trace/trace.proto) into histograms.
package struct TraceFolder: Sendable {
  /// Part of the trace that is judged.
  package var window: TraceWindow
  /// Names of processes that are the workload, as the trace's process tree has them.
  package var workload: Set<String>
  /// Metrics wanted, by name; nil: all that the trace has events for.
  package var metrics: Set<String>?

  package init(
    window: TraceWindow = .whole, workload: Set<String> = [], metrics: Set<String>? = nil
  ) {
    self.window = window
    self.workload = workload
    self.metrics = metrics
  }

  /// Folds a trace file's bytes, which are not trusted.
  package func fold(_ data: [UInt8]) throws(PerfettoTraceError) -> FoldedTrace {
    let index = try TraceIndex(data)
    let moments = try index.moments(of: window, data)
    let wanted = wantedMetrics()
    let possible = lg_fold_possible(wanted, index.events)
    let classes = ThreadClasses(index, workload: workload)
    guard let fold = Fold(metrics: possible, classes: classes, window: moments) else {
      throw .window("not enough memory to fold the trace")
    }
    var stream = EventStream(data, index)
    while let event = try stream.next() { fold.take(event) }

    var facts = index.facts
    if stream.disordered > 0 {
      facts.gap("\(stream.disordered) events are not in the order of time")
    }
    return FoldedTrace(
      facts: facts, window: moments, firstNs: index.firstNs, metrics: fold.results(),
      missing: metrics == nil ? [:] : missing(wanted & ~possible, index.events),
      frequencies: fold.frequencies(), wakingIsWakeup: index.wakingIsWakeup)
  }

  /// Names of every metric that traces fold to.
  package static var metricNames: [String] {
    (0..<LG_FOLD_METRICS.rawValue).compactMap { metric in
      lg_fold_metric_info(metric).map { String(cString: $0.pointee.name) }
    }
  }

  private func wantedMetrics() -> UInt32 {
    var bits: UInt32 = 0
    for (metric, name) in Self.metricNames.enumerated() where metrics?.contains(name) ?? true {
      bits |= 1 << UInt32(metric)
    }
    return bits
  }

  private func missing(_ metrics: UInt32, _ events: UInt32) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for (metric, name) in Self.metricNames.enumerated() where metrics >> UInt32(metric) & 1 == 1 {
      guard let info = lg_fold_metric_info(UInt32(metric))?.pointee else { continue }
      let needed = info.needs | info.needs_one.0 | info.needs_one.1
      result[name] = Fold.names(needed & ~events)
    }
    return result
  }
}
