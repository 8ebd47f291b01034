import Foundation
import LatencyHistograms
import Testing

@Suite struct QuantileTests {
  /// Log-normal latencies around 1 ms with 20,000 events, and the sorted values themselves.
  private func sample(_ seed: UInt64, sigma: Double) -> (LatencyHistogram, [UInt64]) {
    var random = SeededGenerator(seed: seed)
    let centre = Double.random(in: 10...16, using: &random)
    var histogram = LatencyHistogram()
    var values: [UInt64] = []
    for _ in 0..<20_000 {
      let value = UInt64(exp(centre + sigma * random.normal()))
      values.append(value)
      histogram.record(value)
    }
    return (histogram, values.sorted())
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>, [0.2, 0.5, 1.0])
  func errorIsBelowHalfABucket(seed: UInt64, sigma: Double) throws {
    let (histogram, values) = sample(seed, sigma: sigma)
    for probability in [0.1, 0.5, 0.9, 0.99] {
      let truth = Double(values[Int(probability * Double(values.count))])
      let estimate = try #require(histogram.quantile(probability))
      #expect(abs(estimate / truth - 1) <= 0.032)
      #expect(histogram.logQuantile(probability) == log(estimate))
    }
  }

  @Test(arguments: 1...10 as ClosedRange<UInt64>) func aShiftShowsInFull(seed: UInt64) throws {
    let (before, values) = sample(seed, sigma: 0.5)
    var after = LatencyHistogram()
    for value in values { after.record(UInt64(Double(value) * 1.05)) }
    let shift = try #require(after.quantile(0.5)) / #require(before.quantile(0.5)) - 1
    #expect(abs(shift - 0.05) < 0.005)
  }

  @Test func emptyHasNone() {
    #expect(LatencyHistogram().quantile(0.5) == nil)
    #expect(LatencyHistogram().logQuantile(0.5) == nil)
    #expect(LatencyHistogram().resolution(at: 0.5) == nil)
    #expect(LatencyHistogram().tail(above: 10) == 0)
  }

  @Test func impossibleProbabilitiesHaveNone() {
    var histogram = LatencyHistogram()
    histogram.record(10)
    #expect(histogram.quantile(-0.1) == nil)
    #expect(histogram.quantile(1.1) == nil)
    #expect(histogram.quantile(.nan) == nil)
  }

  @Test func staysInsideTheValues() {
    var histogram = LatencyHistogram()
    histogram.record(1000, times: 10)
    #expect(histogram.quantile(0) == 992)
    #expect(histogram.quantile(1) == 1001)
  }

  @Test func isMonotone() throws {
    let (histogram, _) = sample(3, sigma: 1)
    var last = 0.0
    for step in 0...1000 {
      let value = try #require(histogram.quantile(Double(step) / 1000))
      #expect(value >= last)
      last = value
    }
  }

  @Test func tailIsTheComplementOfTheQuantile() throws {
    let (histogram, _) = sample(4, sigma: 0.7)
    for probability in [0.01, 0.5, 0.9, 0.99, 0.999] {
      let value = try #require(histogram.quantile(probability))
      let expected = (1 - probability) * Double(histogram.count)
      #expect(abs(histogram.tail(above: value) - expected) < 1e-6 * Double(histogram.count))
    }
    #expect(histogram.tail(above: 0) == Double(histogram.count))
    #expect(histogram.tail(above: 1e12) == 0)
  }

  @Test func resolutionDistinguishesAPointFromASmoothDistribution() throws {
    var point = LatencyHistogram()
    point.record(1000, times: 100)
    #expect(try #require(point.resolution(at: 0.5)) == 32.0 / 992)
    let (smooth, _) = sample(5, sigma: 0.5)
    #expect(try #require(smooth.resolution(at: 0.5)) < 0.005)
  }
}
