import Foundation

extension LatencyHistogram {
  /// The quantile, interpolated inside its bucket as if events were spread evenly there.
  ///
  /// Raw bucket edges would hide nearly half of all 5% shifts. The error is below one bucket
  /// (6.25% of the value) for any data, and below 3.2% where data are smooth over a bucket.
  /// - Parameter probability: 0...1.
  /// - Returns: a value in the histogram's unit, never above ``max`` + 1; nil when empty.
  package func quantile(_ probability: Double) -> Double? {
    guard let place = place(of: probability) else { return nil }
    return place.lower + place.fraction * (place.upper - place.lower)
  }

  /// Natural logarithm of ``quantile(_:)``; nil when empty or when the quantile is 0.
  package func logQuantile(_ probability: Double) -> Double? {
    guard let value = quantile(probability), value > 0 else { return nil }
    return log(value)
  }

  /// Events above a value, its own bucket shared out evenly.
  /// - Parameter value: in the histogram's unit.
  /// - Returns: 0...``count``, not necessarily whole.
  package func tail(above value: Double) -> Double {
    guard value > 0 else { return Double(count) }
    guard value < Double(HistogramLayout.maxValue) else { return 0 }
    let home = layout.bucket(of: UInt64(value))
    let edges = edges(of: home)
    let width = edges.upper - edges.lower
    let share = width > 0 ? Swift.min(Swift.max((edges.upper - value) / width, 0), 1) : 0
    return buckets[(home + 1)...].reduce(0) { $0 + Double($1) } + share * Double(buckets[home])
  }

  /// How far the events of the quantile's bucket may lie from where interpolation puts them,
  /// as a share of the value.
  ///
  /// Interpolation assumes a smooth distribution. Where one bucket holds nearly all the events
  /// around it, a tiny shift across its edge looks like a shift of a bucket: then this is
  /// the bucket's whole width. Where the neighbours hold as many, it is 0.
  /// - Parameter probability: 0...1.
  /// - Returns: 0...1; nil when empty.
  package func resolution(at probability: Double) -> Double? {
    guard let place = place(of: probability) else { return nil }
    let own = Double(buckets[place.bucket])
    let below = place.bucket > 0 ? Double(buckets[place.bucket - 1]) : 0
    let above = place.bucket + 1 < buckets.count ? Double(buckets[place.bucket + 1]) : 0
    let concentration = own / (below + own + above)
    let bounds = layout.bounds(of: place.bucket)
    let width = Double(bounds.upper - bounds.lower) / Double(Swift.max(bounds.lower, 1))
    return Swift.min(width * Swift.max(0, (concentration - 1 / 3) * 1.5), 1)
  }

  /// The bucket of a quantile and how far into its events it lies.
  private func place(
    of probability: Double
  ) -> (bucket: Int, lower: Double, upper: Double, fraction: Double)? {
    guard count > 0, probability >= 0, probability <= 1 else { return nil }
    let rank = probability * Double(count)
    let (start, before) = block(of: rank)
    var below = before
    for index in start..<buckets.count where buckets[index] > 0 {
      let events = buckets[index]
      if Double(below + events) >= rank {
        let edges = edges(of: index)
        let fraction = Swift.max(0, rank - Double(below)) / Double(events)
        return (index, edges.lower, edges.upper, fraction)
      }
      below += events
    }
    // Rounding of a count beyond 2^53 can leave the rank above the last event.
    guard let last = buckets.lastIndex(where: { $0 > 0 }) else { return nil }
    let edges = edges(of: last)
    return (last, edges.lower, edges.upper, 1)
  }

  /// Where to look for an event by its rank: a bucket not beyond its own, and the events below that.
  /// Sums of whole blocks take no decision per bucket, so that they use the vector unit: verdicts ask
  /// for quantiles by the ten thousand.
  private func block(of rank: Double) -> (bucket: Int, below: UInt64) {
    let width = 16
    return buckets.withUnsafeBufferPointer { all in
      var below: UInt64 = 0
      var start = 0
      while start + width <= all.count {
        var sum: UInt64 = 0
        for index in start..<(start + width) { sum &+= all[index] }
        guard sum == 0 || Double(below + sum) < rank else { break }
        below += sum
        start += width
      }
      return (start, below)
    }
  }

  /// Bounds of a bucket as numbers; the bucket of the largest value ends at that value.
  private func edges(of bucket: Int) -> (lower: Double, upper: Double) {
    let bounds = layout.bounds(of: bucket)
    let lower = Double(bounds.lower)
    let upper = Double(bounds.upper)
    guard max >= bounds.lower, max < bounds.upper else { return (lower, upper) }
    return (lower, Swift.min(upper, Double(max) + 1))
  }
}
