import LatencyHistograms
import Testing

@Suite struct LatencyHistogramTests {
  /// Random histograms over all magnitudes.
  private func sample(_ seed: UInt64, events: Int = 500) -> LatencyHistogram {
    var random = SeededGenerator(seed: seed)
    var histogram = LatencyHistogram()
    for _ in 0..<events {
      histogram.record(random.next() >> UInt64.random(in: 20..<64, using: &random))
    }
    return histogram
  }

  @Test func recordKeepsCountSumAndMax() {
    var histogram = LatencyHistogram()
    histogram.record(10)
    histogram.record(1000, times: 3)
    histogram.record(5, times: 0)
    #expect(histogram.count == 4)
    #expect(histogram.sum == 3010)
    #expect(histogram.max == 1000)
    #expect(histogram.mean == 752.5)
  }

  /// Values from 32 on share buckets: 40 and 41 have one.
  @Test func whatIsAboveALimitHasTwoBounds() {
    var histogram = LatencyHistogram()
    func above(_ limit: UInt64) -> [UInt64] {
      let (least, most) = histogram.above(limit)
      return [least, most]
    }
    #expect(above(0) == [0, 0])
    for value: UInt64 in [10, 20, 40, 40, 41] { histogram.record(value) }
    #expect(above(9) == [5, 5])
    #expect(above(10) == [4, 4])
    #expect(above(39) == [3, 3])
    // The largest is 41, so one at least is above 40; which are in that bucket is not known.
    #expect(above(40) == [1, 3])
    #expect(above(41) == [0, 0])
    histogram.record(100)
    #expect(above(40) == [1, 4])
    #expect(above(41) == [1, 1])
    #expect(above(HistogramLayout.maxValue) == [0, 0])
  }

  @Test func tooLongIsRecordedAsTheLongest() {
    var histogram = LatencyHistogram()
    histogram.record(.max)
    #expect(histogram.max == 68_719_476_735)
    #expect(histogram.sum == 68_719_476_735)
    #expect(histogram.sparse == [SparseBucket(index: 527, count: 1)])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func mergeIsAddition(seed: UInt64) throws {
    let (a, b, c) = (sample(seed), sample(seed + 100), sample(seed + 200))
    var ab = a
    ab.merge(b)
    #expect(ab.buckets == zip(a.buckets, b.buckets).map { $0 + $1 })
    #expect(ab.count == a.count + b.count)
    #expect(ab.sum == a.sum + b.sum)
    #expect(ab.max == max(a.max, b.max))
    var ba = b
    ba.merge(a)
    #expect(ab == ba)
    var left = ab
    left.merge(c)
    var right = b
    right.merge(c)
    var other = a
    other.merge(right)
    #expect(left == other)
    try ab.subtract(b)
    #expect(ab.buckets == a.buckets)
    #expect(ab.count == a.count)
    #expect(ab.sum == a.sum)
    #expect(ab.max >= a.max)
  }

  @Test func subtractingMoreThanThereIsChangesNothing() {
    var a = LatencyHistogram()
    a.record(40)
    let before = a
    var b = LatencyHistogram()
    b.record(40, times: 2)
    #expect(throws: HistogramError.notContained(bucket: 36)) { try a.subtract(b) }
    #expect(a == before)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func coarseningIsExact(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var histograms = (0...4).map { LatencyHistogram(layout: HistogramLayout(subBits: $0)) }
    for _ in 0..<500 {
      let value = random.next() >> UInt64.random(in: 20..<64, using: &random)
      for index in histograms.indices { histograms[index].record(value) }
    }
    for subBits in 1...4 { #expect(histograms[subBits].coarsened() == histograms[subBits - 1]) }
    #expect(histograms[0].coarsened() == histograms[0])
    var mixed = histograms[4]
    mixed.merge(histograms[2])
    #expect(mixed.layout.subBits == 2)
    #expect(mixed.count == 1000)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func sparseRoundTrip(seed: UInt64) throws {
    let histogram = sample(seed)
    let sparse = histogram.sparse
    let back = try LatencyHistogram(sparse: sparse, sum: histogram.sum, max: histogram.max)
    #expect(back == histogram)
  }

  @Test func sparseRefusesWhatCannotBe() {
    func make(_ pairs: [(Int, UInt64)]) throws -> LatencyHistogram {
      try LatencyHistogram(
        sparse: pairs.map { SparseBucket(index: $0.0, count: $0.1) }, sum: 0, max: 0)
    }
    #expect(throws: HistogramError.index(528, position: 0)) { try make([(528, 1)]) }
    #expect(throws: HistogramError.index(-1, position: 0)) { try make([(-1, 1)]) }
    #expect(throws: HistogramError.index(3, position: 1)) { try make([(3, 1), (3, 1)]) }
    #expect(throws: HistogramError.emptyEntry(position: 1)) { try make([(3, 1), (4, 0)]) }
    #expect(throws: HistogramError.overflow) { try make([(3, .max), (4, 1)]) }
  }
}
