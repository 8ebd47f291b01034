/// A latency histogram of one metric, label set and phase, sparse.
///
/// The layout is that of `probe_abi.h`: 528 log-linear buckets over [0, 2^36) ns.
package struct HistogramRecord: Codable, Sendable, Equatable {
  /// Metric name, `probe.metric`.
  package var metric: String
  package var labels: [String: String]
  package var unit: String
  package var count: UInt64
  /// Of the values as recorded, in ``unit``.
  package var sum: UInt64
  /// Largest value, in ``unit``.
  package var max: UInt64
  /// `[index, count]` pairs, indexes ascending, counts above zero.
  package var buckets: [[UInt64]]

  package init(
    metric: String, labels: [String: String] = [:], unit: String = "ns", count: UInt64,
    sum: UInt64, max: UInt64, buckets: [[UInt64]]
  ) {
    self.metric = metric
    self.labels = labels
    self.unit = unit
    self.count = count
    self.sum = sum
    self.max = max
    self.buckets = buckets
  }
}

extension HistogramRecord {
  /// What makes the histogram impossible; nil when it is sound.
  var problem: String? {
    var total: UInt64 = 0
    var previous: UInt64?
    for (position, pair) in buckets.enumerated() {
      guard pair.count == 2 else { return "entry \(position) is not an [index, count] pair" }
      guard pair[0] < 528 else { return "entry \(position) has index \(pair[0]); the last is 527" }
      if let previous, pair[0] <= previous {
        return "entry \(position) has index \(pair[0]) after \(previous); indexes must ascend"
      }
      previous = pair[0]
      guard pair[1] > 0 else { return "entry \(position) has count 0" }
      let (sum, overflow) = total.addingReportingOverflow(pair[1])
      guard !overflow else { return "counts overflow 64 bits" }
      total = sum
    }
    return total == count ? nil : "counts sum to \(total), count says \(count)"
  }
}
