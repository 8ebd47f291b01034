import RunRecords

/// One distribution in the log-linear layout of `probe_abi.h`, for showing.
struct LatencyDistribution: Equatable {
  /// Counts by bucket index.
  private(set) var buckets: [Int: UInt64] = [:]
  private(set) var count: UInt64 = 0
  /// Largest value, ns.
  private(set) var max: UInt64 = 0

  /// Adds a histogram of the same metric; entries that cannot be are left out, since records are
  /// validated when they are read.
  mutating func add(_ record: HistogramRecord) {
    for pair in record.buckets where pair.count == 2 && pair[0] < 528 {
      buckets[Int(pair[0]), default: 0] &+= pair[1]
      count &+= pair[1]
    }
    max = Swift.max(max, record.max)
  }

  /// The quantile, interpolated inside its bucket and never above ``max``; nil when empty.
  func quantile(_ p: Double) -> Double? {
    guard count > 0 else { return nil }
    let rank = p * Double(count)
    var below = 0.0
    for (index, n) in buckets.sorted(by: { $0.key < $1.key }) {
      if below + Double(n) >= rank {
        let edges = Self.edges(index)
        let share = (rank - below) / Double(n)
        return Swift.min(
          edges.lowerBound + share * (edges.upperBound - edges.lowerBound), Double(max))
      }
      below += Double(n)
    }
    return Double(max)
  }

  /// Whether at least 50 events lie beyond the quantile, so that it means something.
  func supports(_ p: Double) -> Bool {
    Double(count) * (1 - p) >= 50
  }

  /// Lower and upper edge of a bucket, ns.
  static func edges(_ index: Int) -> Range<Double> {
    let shift = Swift.max(0, index / 16 - 1)
    let lower = Double((index - shift * 16) << shift)
    return lower..<lower + Double(1 << shift)
  }
}

extension VerdictReport.Distribution {
  /// Merges neighbouring buckets until at most `limit` bins from the lowest to the highest value
  /// remain. Exact: no bucket is split.
  init(metric: String, reference: LatencyDistribution, candidate: LatencyDistribution, limit: Int) {
    self.init(
      metric: metric, bins: [], referenceCount: reference.count, candidateCount: candidate.count)
    let used = Set(reference.buckets.keys).union(candidate.buckets.keys)
    guard let first = used.min(), let last = used.max() else { return }
    // 16 buckets per octave, merged by 1, 2, 4 ... 16, then whole octaves by 2, 4 ...
    var width = 1
    while last / width - first / width >= limit { width *= 2 }
    for slot in first / width...last / width {
      func share(_ distribution: LatencyDistribution) -> Double {
        let indexes = slot * width..<(slot + 1) * width
        let sum = indexes.reduce(0.0) { $0 + Double(distribution.buckets[$1] ?? 0) }
        return distribution.count > 0 ? sum / Double(distribution.count) : 0
      }
      bins.append(
        Bin(
          lower: LatencyDistribution.edges(slot * width).lowerBound, reference: share(reference),
          candidate: share(candidate)))
    }
  }
}
