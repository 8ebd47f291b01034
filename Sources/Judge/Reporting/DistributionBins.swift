import LatencyHistograms

/// Histograms over the same ranges of values.
struct DistributionBins {
  /// Shares of all events between `lower` and the next bin's, one of each histogram.
  struct Bin {
    var lower: Double
    var shares: [Double]
  }

  let bins: [Bin]
  /// Where the last bin ends; 0 without bins.
  let upper: Double

  /// Merges neighbouring buckets until at most `limit` bins from the lowest to the highest value
  /// remain. Exact: no bucket is split.
  init(_ histograms: [LatencyHistogram], limit: Int) {
    let used = histograms.flatMap { histogram in
      histogram.buckets.indices.filter { histogram.buckets[$0] > 0 }
    }
    guard let first = used.min(), let last = used.max(), let layout = histograms.first?.layout
    else {
      bins = []
      upper = 0
      return
    }
    // 16 buckets per octave, merged by 1, 2, 4 ... 16, then whole octaves by 2, 4 ...
    var width = 1
    while last / width - first / width >= limit { width *= 2 }
    upper = Double(layout.bounds(of: (last / width + 1) * width).lower)
    bins = (first / width...last / width).map { slot in
      let indexes = slot * width..<(slot + 1) * width
      let shares = histograms.map { histogram in
        guard histogram.count > 0 else { return 0.0 }
        let inside = indexes.clamped(to: histogram.buckets.indices)
          .reduce(0.0) { $0 + Double(histogram.buckets[$1]) }
        return inside / Double(histogram.count)
      }
      return Bin(lower: Double(layout.bounds(of: slot * width).lower), shares: shares)
    }
  }
}
