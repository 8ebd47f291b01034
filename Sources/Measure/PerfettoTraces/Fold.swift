import LatencyHistograms
import TraceFold

/// Owns the C library's fold.
final class Fold {
  private let handle: OpaquePointer
  private let classes: ThreadClasses
  private let metrics: UInt32

  /// A fold of `metrics`, which are `LG_FOLD_BIT()`s; nil without memory.
  init?(metrics: UInt32, classes: ThreadClasses, window: WindowMoments) {
    var options = lg_fold_options()
    options.metrics = metrics
    options.arg = Unmanaged.passUnretained(classes).toOpaque()
    options.class_of = { context, tid in
      guard let context else { return UInt32.max }
      return Unmanaged<ThreadClasses>.fromOpaque(context).takeUnretainedValue().classOf(tid)
    }
    guard let handle = lg_fold_new(&options) else { return nil }
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
    (0..<LG_FOLD_METRICS.rawValue).compactMap { metric in
      var result = lg_fold_result()
      guard lg_fold_result(handle, metric, &result) == 0,
        let info = lg_fold_metric_info(metric)?.pointee
      else { return nil }
      return FoldedMetric(
        name: String(cString: info.name), labels: labels(metric),
        counters: FoldedCounters(result), events: Self.eventNames(info))
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
      guard lg_fold_label(handle, metric, index, &label), let hist = label.hist,
        let histogram = LatencyHistogram(hist.pointee)
      else { return nil }
      return FoldedLabel(
        key: Array(UnsafeBufferPointer(start: label.key, count: label.key_size)),
        name: label.name.map { String(cString: $0) }, histogram: histogram)
    }
  }

  /// Names of the events without which a metric counts nothing true.
  static func eventNames(_ info: lg_fold_metric_info) -> [String] {
    names(info.needs | info.needs_one.0 | info.needs_one.1)
  }

  /// Names of a set of `LG_EVENT_BIT()`s.
  static func names(_ events: UInt64) -> [String] {
    (0..<LG_EVENT_KINDS.rawValue).compactMap { kind in
      events >> UInt64(kind) & 1 == 1 ? lg_event_name(kind).map { String(cString: $0) } : nil
    }
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
