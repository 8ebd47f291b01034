import CAgentABI
import LatencyHistograms
import Testing

@Suite struct HistogramLayoutTests {
  /// Every power of two, every bucket edge and the values around them.
  private var edges: [UInt64] {
    var values: [UInt64] = [0, .max]
    for bucket in 0..<HistogramLayout.standard.bucketCount {
      let bounds = HistogramLayout.standard.bounds(of: bucket)
      values += [bounds.lower, bounds.lower + 1, bounds.upper - 1, bounds.upper]
    }
    for bit in 0..<UInt64(64) { values += [1 << bit, (1 << bit) - 1, (1 << bit) + 1] }
    return values
  }

  @Test func agreesWithTheProbes() {
    #expect(HistogramLayout.standard.bucketCount == Int(LG_HIST_BUCKETS))
    #expect(HistogramLayout.valueBits == Int(LG_HIST_VALUE_BITS))
    for value in edges {
      #expect(HistogramLayout.standard.bucket(of: value) == Int(lg_bucket(value)))
    }
    var random = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      let value = random.next() >> UInt64.random(in: 0..<64, using: &random)
      #expect(HistogramLayout.standard.bucket(of: value) == Int(lg_bucket(value)))
    }
  }

  @Test(arguments: 0...4) func boundsTileTheRange(subBits: Int) {
    let layout = HistogramLayout(subBits: subBits)
    var expected: UInt64 = 0
    for bucket in 0..<layout.bucketCount {
      let bounds = layout.bounds(of: bucket)
      #expect(bounds.lower == expected)
      #expect(layout.bucket(of: bounds.lower) == bucket)
      #expect(layout.bucket(of: bounds.upper - 1) == bucket)
      expected = bounds.upper
    }
    #expect(expected == HistogramLayout.maxValue + 1)
  }

  @Test func bucketsAreAtMostASixteenthWide() {
    for bucket in 32..<HistogramLayout.standard.bucketCount {
      let bounds = HistogramLayout.standard.bounds(of: bucket)
      #expect((bounds.upper - bounds.lower) * 16 <= bounds.lower)
    }
  }

  @Test func namedValues() {
    let layout = HistogramLayout.standard
    #expect(layout.bucket(of: 31) == 31)
    #expect(layout.bucket(of: 32) == 32)
    #expect(layout.bucket(of: 33) == 32)
    #expect(layout.bucket(of: 1_000_000) == 270)
    #expect(layout.bounds(of: 270) == (983_040, 1_015_808))
    #expect(layout.bucket(of: .max) == 527)
  }
}
