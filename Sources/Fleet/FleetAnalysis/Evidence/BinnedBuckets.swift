import LatencyHistograms

/// Merged histograms of a cohort, one per bin of devices.
package struct BinnedBuckets: Sendable, Equatable {
  package static let width = HistogramLayout.standard.bucketCount

  /// Events, bin after bin; whole numbers below 2^53, so that sums are exact in any order.
  package private(set) var events: [Double]
  /// Reports per bin.
  package private(set) var reports: [Double]

  package init() {
    events = Array(repeating: 0, count: DeviceBins.count * Self.width)
    reports = Array(repeating: 0, count: DeviceBins.count)
  }

  /// Adds one report's histogram, whatever its layout: a coarse bucket's events go to the finest that
  /// lies at its lower edge, and spread over those that it holds.
  package mutating func add(_ histogram: LatencyHistogram, bin: Int) {
    add(histogram.sparse, histogram.layout, bin: bin)
  }

  mutating func add(_ buckets: [SparseBucket], _ layout: HistogramLayout, bin: Int) {
    let start = bin * Self.width
    let standard = HistogramLayout.standard
    for bucket in buckets {
      guard layout != standard else {
        events[start + bucket.index] += Double(bucket.count)
        continue
      }
      let bounds = layout.bounds(of: bucket.index)
      let first = standard.bucket(of: bounds.lower)
      let last = max(first, standard.bucket(of: bounds.upper - 1))
      let each = Double(bucket.count) / Double(last - first + 1)
      for fine in first...last { events[start + fine] += each }
    }
    reports[bin] += 1
  }

  /// Adds a distribution that is already spread over buckets.
  mutating func add(_ distribution: ArraySlice<Double>, from bucket: Int, bin: Int) {
    let start = bin * Self.width + bucket
    events.withUnsafeMutableBufferPointer { events in
      distribution.withUnsafeBufferPointer { added in
        for place in 0..<added.count { events[start + place] += added[place] }
      }
    }
    reports[bin] += 1
  }

  /// Adds others, each of their reports counted `weight` times.
  mutating func merge(_ other: BinnedBuckets, weight: Double) {
    for place in events.indices { events[place] += weight * other.events[place] }
    for place in reports.indices { reports[place] += weight * other.reports[place] }
  }

  /// Adds what another part of the same cohort counted.
  package mutating func merge(_ other: BinnedBuckets) { merge(other, weight: 1) }

  package var reportCount: Double { reports.reduce(0, +) }
}
