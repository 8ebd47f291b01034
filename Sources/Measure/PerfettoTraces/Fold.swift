import LatencyHistograms
import TraceFold

/// Owns the C library's fold.
final class Fold {
  private let handle: OpaquePointer
  private let classes: ThreadClasses
  private let metrics: FoldMetrics

  /// A fold of metrics by name, from the events that there are; nil without memory.
  init?(
    _ wanted: Set<String>, of metrics: FoldMetrics, presence: EventPresence,
    classes: ThreadClasses, window: WindowMoments
  ) {
    var options = lg_fold_options()
    options.metrics = FoldMetrics.bits(of: wanted)
    options.declared = metrics.declared.handle
    options.arg = Unmanaged.passUnretained(classes).toOpaque()
    options.class_of = { context, tid in
      guard let context else { return UInt32.max }
      return Unmanaged<ThreadClasses>.fromOpaque(context).takeUnretainedValue().classOf(tid)
    }
    var flags = [UInt8](repeating: 0, count: Int(LG_DECLARED_METRICS))
    for number in metrics.declaredNumbers(wanted) { flags[number] = 1 }
    let made = flags.withUnsafeBufferPointer { flags in
      presence.declared.withUnsafeBufferPointer { present in
        options.wanted = flags.baseAddress
        options.present = present.baseAddress
        return lg_fold_new(&options)
      }
    }
    guard let handle = made else { return nil }
    self.handle = handle
    self.classes = classes
    self.metrics = metrics
    lg_fold_arm(handle, window.arm)
    lg_fold_open(handle, window.open)
    lg_fold_drain(handle, window.drain)
    lg_fold_close(handle, window.close)
  }

  deinit { lg_fold_free(handle) }

  func take(_ event: lg_trace_event) {
    var event = event
    lg_fold_event(handle, &event)
  }

  /// The metrics that were folded.
  func results() -> [FoldedMetric] {
    metrics.names.enumerated().compactMap { number, name in
      let metric = UInt32(number)
      var result = lg_fold_result()
      guard lg_fold_result(handle, metric, &result) == 0 else { return nil }
      return FoldedMetric(
        name: name, labels: labels(metric), rows: rows(metric), counters: FoldedCounters(result),
        events: metrics.eventNames(number))
    }
  }

  func frequencies() -> [FoldedFrequency] {
    (0..<UInt32(LG_FOLD_MAX_CPUS)).compactMap { cpu in
      var frequency = lg_fold_frequency()
      guard lg_fold_frequency(handle, cpu, &frequency), frequency.known_ns > 0 else { return nil }
      return FoldedFrequency(
        cpu: cpu, knownNs: frequency.known_ns, meanKHz: frequency.mean_khz,
        changes: frequency.changes)
    }
  }

  private func labels(_ metric: UInt32) -> [FoldedLabel] {
    (0..<lg_fold_label_count(handle, metric)).compactMap { index in
      var label = lg_fold_label()
      guard lg_fold_label(handle, metric, index, &label),
        let value = FoldedLabel.Value(label)
      else { return nil }
      return FoldedLabel(
        key: Array(UnsafeBufferPointer(start: label.key, count: label.key_size)),
        name: label.name.map { String(cString: $0) }, value: value)
    }
  }

  private func rows(_ metric: UInt32) -> [[UInt8]] {
    let rows = lg_fold_rows(handle, metric)
    let bytes = UnsafeBufferPointer(start: rows.bytes, count: rows.row_size * rows.count)
    return (0..<rows.count).map { Array(bytes[$0 * rows.row_size..<($0 + 1) * rows.row_size]) }
  }
}

extension FoldedCounters {
  fileprivate init(_ result: lg_fold_result) {
    let counters = result.counters
    self.init(
      started: counters.started, recorded: counters.recorded, overwritten: counters.overwritten,
      cancelled: counters.cancelled, beforeWindow: counters.before_window,
      afterWindow: counters.after_window, noStart: counters.no_start,
      mapFull: counters.map_full, clamped: counters.clamped, excluded: counters.excluded,
      negative: counters.negative, censored: result.censored,
      censoredAgeSumNs: result.censored_age_sum_ns)
  }
}

extension FoldedLabel.Value {
  fileprivate init?(_ label: lg_fold_label) {
    if let count = label.count?.pointee {
      self = .counter(count: count.count, sum: count.sum)
    } else if let hist = label.hist, let histogram = LatencyHistogram(hist.pointee) {
      self = .histogram(histogram)
    } else {
      return nil
    }
  }
}

extension LatencyHistogram {
  fileprivate init?(_ sum: lg_hist_sum) {
    let sparse = withUnsafeBytes(of: sum.buckets) { bytes in
      bytes.bindMemory(to: UInt64.self).enumerated().filter { $0.element > 0 }
        .map { SparseBucket(index: $0.offset, count: $0.element) }
    }
    guard let made = try? LatencyHistogram(sparse: sparse, sum: sum.sum, max: sum.max) else {
      return nil
    }
    self = made
  }
}
