import LatencyHistograms

/// What a metric gave under one set of labels in a span of time.
package struct LiveCounts: Sendable, Equatable {
  package var count: UInt64
  /// In the metric's unit.
  package var sum: UInt64
  /// Of ``HistogramLayout/standard``, ascending; empty for metrics that are no histograms.
  package var buckets: [SparseBucket]

  package init(count: UInt64 = 0, sum: UInt64 = 0, buckets: [SparseBucket] = []) {
    self.count = count
    self.sum = sum
    self.buckets = buckets
  }

  /// What came since `earlier`, of the same window. Programs go on while they are read, so that numbers
  /// need not fit together: nothing goes below 0.
  func since(_ earlier: LiveCounts) -> LiveCounts {
    let before = Dictionary(earlier.buckets.map { ($0.index, $0.count) }) { first, _ in first }
    let left = buckets.compactMap { bucket in
      let old = before[bucket.index] ?? 0
      return bucket.count > old ? SparseBucket(index: bucket.index, count: bucket.count - old) : nil
    }
    return LiveCounts(count: less(count, earlier.count), sum: less(sum, earlier.sum), buckets: left)
  }
}

/// Operations of a metric over all its labels.
package struct LiveLosses: Sendable, Equatable {
  package var lost: UInt64
  /// Recorded or lost.
  package var seen: UInt64

  package init(lost: UInt64 = 0, seen: UInt64 = 0) {
    self.lost = lost
    self.seen = seen
  }

  func since(_ earlier: LiveLosses) -> LiveLosses {
    LiveLosses(lost: less(lost, earlier.lost), seen: less(seen, earlier.seen))
  }

  mutating func add(_ other: LiveLosses) {
    lost &+= other.lost
    seen &+= other.seen
  }
}

/// The difference, 0 where it would be negative.
private func less(_ value: UInt64, _ other: UInt64) -> UInt64 { value > other ? value - other : 0 }

/// Counts over several spans of time.
struct LiveSum: Sendable, Equatable {
  private(set) var count: UInt64 = 0
  private(set) var sum: UInt64 = 0
  /// By bucket; empty before the first.
  private var buckets: [UInt64] = []
  /// Further buckets, as they came: most sums are never drawn.
  private var parts: [[SparseBucket]] = []

  mutating func add(_ counts: LiveCounts) {
    count &+= counts.count
    sum &+= counts.sum
    if !counts.buckets.isEmpty { parts.append(counts.buckets) }
  }

  /// Puts together what was added.
  mutating func settle() {
    guard !parts.isEmpty else { return }
    if buckets.isEmpty {
      buckets = Array(repeating: 0, count: HistogramLayout.standard.bucketCount)
    }
    for part in parts {
      for bucket in part where buckets.indices.contains(bucket.index) {
        buckets[bucket.index] &+= bucket.count
      }
    }
    parts = []
  }

  /// Whether there are events in buckets.
  var hasBuckets: Bool { !buckets.isEmpty || !parts.isEmpty }

  /// Nil without events in buckets.
  var histogram: LatencyHistogram? {
    guard hasBuckets else { return nil }
    var settled = self
    settled.settle()
    let sparse = settled.buckets.enumerated().compactMap { index, count in
      count > 0 ? SparseBucket(index: index, count: count) : nil
    }
    guard let top = sparse.last else { return nil }
    // The largest value is not known by span: its bucket's end bounds it.
    return try? LatencyHistogram(
      sparse: sparse, sum: sum, max: HistogramLayout.standard.bounds(of: top.index).upper - 1)
  }
}
