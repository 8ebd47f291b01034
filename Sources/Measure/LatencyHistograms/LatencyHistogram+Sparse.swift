/// One occupied bucket.
package struct SparseBucket: Sendable, Hashable {
  package var index: Int
  /// Above zero.
  package var count: UInt64

  package init(index: Int, count: UInt64) {
    self.index = index
    self.count = count
  }
}

extension LatencyHistogram {
  /// The occupied buckets, ascending.
  package var sparse: [SparseBucket] {
    buckets.enumerated().compactMap { index, count in
      count > 0 ? SparseBucket(index: index, count: count) : nil
    }
  }

  /// A histogram from its occupied buckets.
  /// - Parameters:
  ///   - sparse: indexes ascending and inside the layout, counts above zero.
  ///   - sum: of the values.
  ///   - max: the largest value.
  ///   - layout: the standard one for all records.
  /// - Throws: ``HistogramError`` at the first entry that breaks these rules.
  package init(
    sparse: [SparseBucket], sum: UInt64, max: UInt64, layout: HistogramLayout = .standard
  ) throws(HistogramError) {
    var buckets = [UInt64](repeating: 0, count: layout.bucketCount)
    var total: UInt64 = 0
    var previous = -1
    for (position, entry) in sparse.enumerated() {
      guard entry.index > previous, entry.index < buckets.count else {
        throw .index(entry.index, position: position)
      }
      guard entry.count > 0 else { throw .emptyEntry(position: position) }
      let (next, overflow) = total.addingReportingOverflow(entry.count)
      guard !overflow else { throw .overflow }
      buckets[entry.index] = entry.count
      previous = entry.index
      total = next
    }
    self.init(layout: layout, buckets: buckets, count: total, sum: sum, max: max)
  }
}
