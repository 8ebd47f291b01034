extension LatencyHistogram {
  /// How many values are above a limit.
  ///
  /// A value in the bucket that holds the limit may be on either side of it, so the number has two
  /// bounds. They are one where no value is in that bucket, where the limit is its last value, and
  /// where ``max`` says that none of them is above.
  /// - Parameter limit: in the unit of the values.
  /// - Returns: `least` are above for sure; `most` counts all of the limit's bucket as above.
  package func above(_ limit: UInt64) -> (least: UInt64, most: UInt64) {
    guard max > limit else { return (0, 0) }
    let bucket = layout.bucket(of: limit)
    let beyond = buckets[(bucket + 1)...].reduce(0, +)
    // The largest of all is above the limit, be it alone in the limit's bucket.
    let least = Swift.max(beyond, 1)
    guard limit + 1 < layout.bounds(of: bucket).upper else { return (beyond, beyond) }
    return (least, Swift.max(least, beyond + buckets[bucket]))
  }
}
