extension LatencyHistogram {
  /// Counts events that are known to lie between two values only, as if they were spread evenly
  /// there. None is lost.
  /// - Parameters:
  ///   - count: of events.
  ///   - range: from the smallest to the largest value.
  package mutating func spread(_ count: UInt64, over range: ClosedRange<UInt64>) {
    let limit = HistogramLayout.maxValue
    let low = Swift.min(range.lowerBound, limit)
    let high = Swift.min(range.upperBound, limit)
    let width = Double(high - low) + 1
    var done: UInt64 = 0
    var value = low
    while value <= high, done < count {
      let next = Swift.min(layout.bounds(of: layout.bucket(of: value)).upper, high + 1)
      let upTo = next > high ? count : UInt64(Double(count) * (Double(next - low) / width))
      if upTo > done {
        record(value + (next - value) / 2, times: upTo - done)
        done = upTo
      }
      value = next
    }
  }
}
