import LatencyHistograms
import Testing

@testable import FleetAnalysis

@Suite("What is shown")
struct ReleaseTests {
  private func grouped(_ sizes: [(String, Int, Int)]) -> [FleetRelease.Model] {
    FleetRelease.grouped(sizes.map { (model: $0.0, control: $0.1, candidate: $0.2) }, k: 20)
  }

  @Test("Counts are multiples of k, rounded down")
  func counts() {
    #expect(
      grouped([("a", 59, 40)]) == [.init(models: ["a"], control: 40, candidate: 40)])
  }

  @Test("A small model is never the difference between the sum and the others")
  func complement() {
    // 'c' alone would be hidden, and found by taking 'a' and 'b' from the sum: 'b' goes with it.
    #expect(
      grouped([("a", 500, 500), ("b", 30, 30), ("c", 5, 5)])
        == [
          .init(models: ["a"], control: 500, candidate: 500),
          .init(models: ["b", "c"], control: 20, candidate: 20),
        ])
    #expect(grouped([("a", 19, 500)]).isEmpty)
    #expect(
      grouped([("a", 500, 500), ("b", 3, 30), ("c", 30, 3), ("d", 18, 18)]).map(\.models)
        == [["a"], ["b", "c", "d"]])
  }

  @Test("A bucket is shown with k bins of devices in it, and the rest is joined")
  func buckets() throws {
    var cohort = BinnedBuckets()
    for bin in 0..<40 {
      var histogram = LatencyHistogram()
      histogram.record(1000, times: 90)
      histogram.record(3000, times: 10)
      // One device has seen a second.
      if bin == 7 { histogram.record(1_000_000_000, times: 1) }
      cohort.add(histogram, bin: bin)
    }
    let released = try #require(FleetRelease.buckets(cohort, k: 20))
    #expect(released.map(\.share) == [900, 100])
    #expect(released[0].lower == 512 && released[0].upper == 1024)
    #expect(released[1].lower == 2048 && released[1].upper > 1_000_000_000)
    #expect(FleetRelease.buckets(cohort, k: 41) == nil)
    #expect(FleetRelease.buckets(BinnedBuckets(), k: 20) == nil)
  }
}
