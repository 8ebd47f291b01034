import LatencyHistograms

/// A histogram with a bucket per octave that also knows which groups of devices made each bucket: enough
/// for what may be shown, in half a KiB.
package struct OctaveBuckets: Sendable, Equatable {
  private static let layout = HistogramLayout(subBits: 0)

  private var events: [Double]
  /// One bit per group.
  private var bins: [UInt64]

  package init() {
    events = Array(repeating: 0, count: Self.layout.bucketCount)
    bins = Array(repeating: 0, count: Self.layout.bucketCount)
  }

  /// Of a cohort's merged histograms.
  init(_ cohort: BinnedBuckets) {
    self.init()
    for fine in 0..<BinnedBuckets.width {
      let lower = HistogramLayout.standard.bounds(of: fine).lower
      for bin in 0..<DeviceBins.count {
        let count = cohort.events[bin * BinnedBuckets.width + fine]
        if count > 0 { add(count, at: lower, bin: bin) }
      }
    }
  }

  /// Adds one report's histogram.
  package mutating func add(_ histogram: LatencyHistogram, bin: Int) {
    add(histogram.sparse, histogram.layout, bin: bin)
  }

  mutating func add(_ buckets: [SparseBucket], _ layout: HistogramLayout, bin: Int) {
    for bucket in buckets {
      add(Double(bucket.count), at: layout.bounds(of: bucket.index).lower, bin: bin)
    }
  }

  private mutating func add(_ count: Double, at value: UInt64, bin: Int) {
    let octave = Self.layout.bucket(of: value)
    events[octave] += count
    bins[octave] |= 1 << UInt64(bin)
  }

  /// What may be shown of it: a bucket that fewer than k groups fill is joined with the next; groups are
  /// disjoint sets of devices, so k groups are k devices at least. Nil when too few have any event.
  func released(k: Int) -> [FleetRelease.Bucket]? {
    let total = events.reduce(0, +)
    guard total > 0 else { return nil }
    var released: [(lower: UInt64, upper: UInt64, events: Double, bins: UInt64)] = []
    for octave in events.indices where events[octave] > 0 {
      let bounds = Self.layout.bounds(of: octave)
      if let last = released.last, last.bins.nonzeroBitCount < k {
        released[released.count - 1] = (
          last.lower, bounds.upper, last.events + events[octave], last.bins | bins[octave]
        )
      } else {
        released.append((bounds.lower, bounds.upper, events[octave], bins[octave]))
      }
    }
    // The upper end has none above to be joined with.
    while released.count > 1, let last = released.last, last.bins.nonzeroBitCount < k {
      released.removeLast()
      let before = released.removeLast()
      released.append(
        (before.lower, last.upper, before.events + last.events, before.bins | last.bins))
    }
    guard let first = released.first, first.bins.nonzeroBitCount >= k else { return nil }
    return released.map {
      FleetRelease.Bucket(
        lower: $0.lower, upper: $0.upper, share: Int(($0.events / total * 1000).rounded()))
    }
  }
}
