/// Folds a perfetto trace (protos/perfetto/trace/trace.proto) into histograms.
package struct TraceFolder: Sendable {
  /// What a trace may have at most, packed or not.
  package static let byteLimit = PlainTrace.limit

  /// Part of the trace that is judged.
  package var window: TraceWindow
  /// Names of processes that are the workload, as the trace's process tree has them.
  package var workload: Set<String>
  /// Metrics wanted, by name; nil: all that the trace has events for.
  package var metrics: Set<String>?
  /// Metrics beside those that are known, each as `span_declaration.h` says.
  package var declarations: [[UInt8]]

  package init(
    window: TraceWindow = .whole, workload: Set<String> = [], metrics: Set<String>? = nil,
    declarations: [[UInt8]] = []
  ) {
    self.window = window
    self.workload = workload
    self.metrics = metrics
    self.declarations = declarations
  }

  /// Folds a trace file's bytes, which are not trusted.
  package func fold(_ data: [UInt8]) throws(PerfettoTraceError) -> FoldedTrace {
    let plain = try PlainTrace(data)
    let data = plain.bytes
    let all = try FoldMetrics(declarations: declarations)
    let index = try TraceIndex(data, all)
    guard index.hasEvents else {
      if let tear = plain.tear { throw tear }
      throw .noEvents
    }
    let unmatched = workload.subtracting(index.processes.values.map(\.name))
    guard unmatched.isEmpty else {
      throw .noProcess(unmatched.sorted(), known: Set(index.processes.values.map(\.name)))
    }
    var moments = try index.moments(of: window, data)
    let wanted = metrics ?? Set(all.names)
    let possible = all.possible(wanted, index.presence)
    let gaps = index.facts.gaps.touching(&moments)
    let classes = ThreadClasses(index, workload: workload)
    guard
      let fold = Fold(
        possible, of: all, presence: index.presence, classes: classes, window: moments)
    else {
      throw .window("not enough memory to fold the trace")
    }
    var stream = EventStream(data, index)
    while let event = try stream.next() { fold.take(event) }

    var facts = index.facts
    facts.notes = plain.notes + facts.notes
    facts.omissions = plain.omissions + facts.omissions
    let faults = gaps.filter { !$0.touched(possible, of: all).isEmpty }
      .map { FoldFault($0, of: all, index.firstNs) }
    return FoldedTrace(
      facts: facts, window: moments,
      faults: faults
        + stream.faults.map { FoldFault(reason: $0, metrics: nil, isElsewhere: false) },
      firstNs: index.firstNs, metrics: fold.results(),
      missing: metrics == nil
        ? [:] : all.missing(wanted.subtracting(possible), index.presence),
      frequencies: fold.frequencies(), wakingIsWakeup: index.wakingIsWakeup)
  }
}

extension FoldFault {
  /// A gap, with its times as seconds from the first event.
  fileprivate init(_ gap: TraceGap, of metrics: FoldMetrics, _ firstNs: UInt64) {
    func moment(_ ns: UInt64) -> String { seconds(ns - min(ns, firstNs)) }
    let place =
      switch (gap.from, gap.until) {
      case (0, .max): ""
      case (let from, .max): " (from \(moment(from)) on)"
      case (0, let until): " (up to \(moment(until)))"
      case (let from, let until): " (from \(moment(from)) to \(moment(until)))"
      }
    let names = metrics.names.filter(metrics.byClass.contains)
    self.init(
      reason: gap.reason + place, metrics: gap.isOfClasses ? names : nil,
      isElsewhere: !gap.isEverywhere)
  }
}
