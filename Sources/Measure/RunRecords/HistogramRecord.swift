import LatencyHistograms

/// A latency histogram of one metric, label set and phase, sparse.
///
/// The layout is ``HistogramLayout/standard``: 528 log-linear buckets over [0, 2^36) ns.
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

  package init(
    metric: String, labels: [String: String] = [:], unit: String = "ns",
    histogram: LatencyHistogram
  ) {
    self.init(
      metric: metric, labels: labels, unit: unit, count: histogram.count, sum: histogram.sum,
      max: histogram.max,
      buckets: histogram.sparse.map { [UInt64($0.index), $0.count] })
  }

  /// The histogram itself.
  /// - Throws: ``HistogramError`` for buckets that cannot be.
  package func histogram() throws(HistogramError) -> LatencyHistogram {
    var sparse: [SparseBucket] = []
    sparse.reserveCapacity(buckets.count)
    // By position: a pair that is looked at in place is not retained.
    for position in buckets.indices {
      guard buckets[position].count == 2, let index = Int(exactly: buckets[position][0]) else {
        throw .index(-1, position: position)
      }
      sparse.append(SparseBucket(index: index, count: buckets[position][1]))
    }
    return try LatencyHistogram(sparse: sparse, sum: sum, max: max)
  }

  /// Events of a histogram, at most: three days of one each nanosecond. Sums over all iterations of all
  /// runs of an experiment then stay within 64 bits.
  package static let mostEvents: UInt64 = 1 << 48

  /// What makes the record impossible, in words; nil when it is sound.
  package var problem: String? {
    do {
      let total = try histogram().count
      guard total <= Self.mostEvents else { return "\(total) events are more than any run has" }
      return total == count ? nil : "counts sum to \(total), count says \(count)"
    } catch {
      return error.description
    }
  }
}
