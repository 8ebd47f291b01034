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
    guard index.hasEvents else { throw .noEvents }
    let moments = try index.moments(of: window, data)
    let wanted = FoldMetrics.bits(of: metrics)
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
      missing: metrics == nil
        ? [:] : FoldMetrics.missing(wanted & ~possible, having: index.events),
      frequencies: fold.frequencies(), wakingIsWakeup: index.wakingIsWakeup)
  }
}
