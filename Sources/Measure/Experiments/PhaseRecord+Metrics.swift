import Catalogs
import LatencyHistograms
import RunRecords

/// What a metric gave under one key, wherever it was counted.
package struct KeyedResult: Sendable {
  package enum Value: Sendable {
    /// `buckets` are `[index, count]` pairs.
    case histogram(count: UInt64, sum: UInt64, max: UInt64, buckets: [[UInt64]])
    case counter(count: UInt64, sum: UInt64)
  }

  /// As the probe's map has it.
  package var key: [UInt8]
  /// Text of the label, where the probe keeps one.
  package var name: String?
  package var value: Value

  package init(key: [UInt8], name: String?, value: Value) {
    self.key = key
    self.name = name
    self.value = value
  }
}

extension PhaseRecord {
  /// Names of block devices and system calls; nil when one is not known.
  package typealias Resolve = (KeyField.Kind, UInt64) -> String?

  /// Adds what a metric gave under a key.
  ///
  /// - Returns: false when the key is not the manifest's; then nothing is added.
  package mutating func add(
    _ result: KeyedResult, of metric: ProbeMetric, resolve: Resolve
  ) -> Bool {
    guard var labels = metric.labels(ofKey: result.key, resolve: resolve) else { return false }
    if let name = result.name { labels["name"] = name }
    switch result.value {
    case .histogram(let count, let sum, let max, let buckets):
      histograms.append(
        HistogramRecord(
          metric: metric.name, labels: labels, unit: metric.unit, count: count, sum: sum,
          max: max, buckets: buckets))
    case .counter(let count, let sum):
      counters.append(
        CounterRecord(
          metric: metric.name, labels: labels, unit: metric.unit, count: count, sum: sum))
    }
    return true
  }

  /// Adds the rows of a metric of events; `recorded` events were to have one.
  package mutating func add(
    rows: [[UInt8]], recorded: UInt64, of metric: ProbeMetric, resolve: Resolve
  ) {
    guard metric.kind == .events else { return }
    events.append(
      metric.columns.record(metric: metric.name, rows: rows, recorded: recorded, resolve: resolve))
  }
}

extension PhaseRecord {
  /// Makes numbers of the counters that are to be judged: the sum over all labels, per second of the
  /// window; 0 where a counter saw nothing.
  ///
  /// - Parameters:
  ///   - judged: which direction is good, by the metric's name.
  ///   - metrics: those of the run.
  package mutating func addRates(
    of judged: [String: ScalarRecord.Better], _ metrics: [ProbeMetric]
  ) {
    guard durationNs > 0 else { return }
    for metric in metrics where metric.kind == .counter {
      guard let better = judged[metric.name], losses.contains(where: { $0.metric == metric.name })
      else { continue }
      let sum = counters.filter { $0.metric == metric.name }.reduce(0.0) { $0 + Double($1.sum) }
      scalars.append(
        ScalarRecord(
          metric: metric.name, unit: metric.unit + "/s", value: sum / (Double(durationNs) / 1e9),
          better: better))
    }
  }
}

extension KeyedResult.Value {
  package init(_ histogram: LatencyHistogram) {
    self = .histogram(
      count: histogram.count, sum: histogram.sum, max: histogram.max,
      buckets: histogram.sparse.map { [UInt64($0.index), $0.count] })
  }
}
