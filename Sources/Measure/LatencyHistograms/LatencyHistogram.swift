/// Counts of values in log-linear buckets, with their exact count, sum and largest.
///
/// Values are non-negative integers of one unit, nanoseconds for every probe.
package struct LatencyHistogram: Sendable, Equatable {
  package private(set) var layout: HistogramLayout
  /// Events per bucket; ``HistogramLayout/bucketCount`` of them.
  package private(set) var buckets: [UInt64]
  package private(set) var count: UInt64
  /// Of the values as recorded; sticks at its maximum instead of wrapping.
  package private(set) var sum: UInt64
  /// 0 when empty. After ``subtract(_:)`` an upper bound.
  package private(set) var max: UInt64

  /// An empty histogram.
  package init(layout: HistogramLayout = .standard) {
    self.layout = layout
    buckets = Array(repeating: 0, count: layout.bucketCount)
    count = 0
    sum = 0
    max = 0
  }

  /// Whether no value was recorded.
  package var isEmpty: Bool { count == 0 }

  /// Mean of the values as recorded; nil when empty.
  package var mean: Double? { count > 0 ? Double(sum) / Double(count) : nil }

  /// Counts a value; above ``HistogramLayout/maxValue`` it counts as that.
  package mutating func record(_ value: UInt64, times: UInt64 = 1) {
    guard times > 0 else { return }
    let value = Swift.min(value, HistogramLayout.maxValue)
    buckets[layout.bucket(of: value)] += times
    count += times
    let (product, overflow) = value.multipliedReportingOverflow(by: times)
    sum = saturatingSum(sum, overflow ? .max : product)
    max = Swift.max(max, value)
  }

  /// Adds another histogram. With different layouts both become the coarser one.
  package mutating func merge(_ other: LatencyHistogram) {
    let other = alignLayout(with: other)
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    count += other.count
    sum = saturatingSum(sum, other.sum)
    max = Swift.max(max, other.max)
  }

  /// Takes away a histogram that was merged before, or an earlier snapshot of the same counters.
  ///
  /// ``max`` becomes an upper bound: the largest value's own bucket may be what was taken.
  /// - Throws: ``HistogramError/notContained(bucket:)``; then nothing has changed.
  package mutating func subtract(_ other: LatencyHistogram) throws(HistogramError) {
    var result = self
    let other = result.alignLayout(with: other)
    for index in result.buckets.indices {
      guard result.buckets[index] >= other.buckets[index] else {
        throw .notContained(bucket: index)
      }
      result.buckets[index] -= other.buckets[index]
    }
    result.count -= other.count
    result.sum = result.sum >= other.sum ? result.sum - other.sum : 0
    if let top = result.buckets.lastIndex(where: { $0 > 0 }) {
      result.max = Swift.min(result.max, result.layout.bounds(of: top).upper - 1)
    } else {
      result.max = 0
      result.sum = 0
    }
    self = result
  }

  /// The same events in the next coarser layout, exact; itself at 1 bucket per octave.
  package func coarsened() -> LatencyHistogram {
    guard let coarser = layout.coarser else { return self }
    var result = LatencyHistogram(layout: coarser)
    for (index, events) in buckets.enumerated() where events > 0 {
      result.buckets[coarser.bucket(of: layout.bounds(of: index).lower)] += events
    }
    result.count = count
    result.sum = sum
    result.max = max
    return result
  }

  /// Coarsens self until it is no finer than `other`, and returns `other` in self's layout.
  private mutating func alignLayout(with other: LatencyHistogram) -> LatencyHistogram {
    var other = other
    while layout.subBits > other.layout.subBits { self = coarsened() }
    while other.layout.subBits > layout.subBits { other = other.coarsened() }
    return other
  }

  /// A histogram of counts already made.
  init(layout: HistogramLayout, buckets: [UInt64], count: UInt64, sum: UInt64, max: UInt64) {
    self.layout = layout
    self.buckets = buckets
    self.count = count
    self.sum = sum
    self.max = max
  }
}

/// Why histograms do not fit together, or cannot be.
package enum HistogramError: Error, Sendable, Equatable {
  /// The subtrahend has more events in a bucket.
  case notContained(bucket: Int)
  /// Sparse indexes beyond the layout, or not ascending.
  case index(Int, position: Int)
  /// A sparse entry without events.
  case emptyEntry(position: Int)
  /// Counts beyond 64 bits.
  case overflow
}

extension HistogramError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notContained(let bucket):
      "bucket \(bucket) holds fewer events than are to be taken away"
    case .index(let index, let position):
      "entry \(position) has index \(index); indexes ascend and end at "
        + "\(HistogramLayout.standard.bucketCount - 1)"
    case .emptyEntry(let position):
      "entry \(position) has count 0"
    case .overflow:
      "counts overflow 64 bits"
    }
  }
}

private func saturatingSum(_ left: UInt64, _ right: UInt64) -> UInt64 {
  let (sum, overflow) = left.addingReportingOverflow(right)
  return overflow ? .max : sum
}
