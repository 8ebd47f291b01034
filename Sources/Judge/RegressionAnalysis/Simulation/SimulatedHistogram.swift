import Foundation
import LatencyHistograms
import RunRecords

/// Makes histograms with given quantiles: log-normal pieces that meet at p50, p90 and p99.
struct SimulatedHistogram {
  /// Natural logarithms of the lower edges of the buckets, one more than buckets.
  private static let edges: [Double] = {
    let layout = HistogramLayout.standard
    let lower = (0..<layout.bucketCount).map { log(Double(layout.bounds(of: $0).lower)) }
    return lower + [log(Double(HistogramLayout.maxValue) + 1)]
  }()
  private static let scores = SimulatedBench.probabilities.map { NormalDistribution.quantile($0) }

  /// The buckets that events fall into, without chance: what chance there is belongs to the
  /// iteration's quantiles, natural logarithms of p50, p90, p99 in nanoseconds.
  static func record(metric: String, quantiles: [Double], events: Int) -> HistogramRecord {
    var knots = quantiles
    // Noise may make quantiles cross, which no distribution's do.
    for position in 1..<knots.count {
      knots[position] = max(knots[position], knots[position - 1] + 0.02)
    }
    let lowest = knots[0] - 4 * slope(knots, 0)
    let layout = HistogramLayout.standard
    var bucket = layout.bucket(of: UInt64(exp(lowest)))
    var buckets: [[UInt64]] = []
    var below: UInt64 = 0
    var sum = 0.0
    var largest: UInt64 = 0
    while below < UInt64(events), bucket < layout.bucketCount {
      let share = 1 - NormalDistribution.upperTail(score(of: edges[bucket + 1], knots))
      let upTo =
        bucket == layout.bucketCount - 1
        ? UInt64(events) : UInt64((share * Double(events)).rounded())
      if upTo > below {
        let bounds = layout.bounds(of: bucket)
        buckets.append([UInt64(bucket), upTo - below])
        sum += Double(upTo - below) * (Double(bounds.lower) + Double(bounds.upper)) / 2
        largest = bounds.upper - 1
        below = upTo
      }
      bucket += 1
    }
    return HistogramRecord(
      metric: metric, count: below, sum: UInt64(sum), max: largest, buckets: buckets)
  }

  private static func slope(_ knots: [Double], _ piece: Int) -> Double {
    (knots[piece + 1] - knots[piece]) / (scores[piece + 1] - scores[piece])
  }

  /// Normal score of a logarithm.
  private static func score(of value: Double, _ knots: [Double]) -> Double {
    let piece = value < knots[1] ? 0 : 1
    return scores[piece] + (value - knots[piece]) / slope(knots, piece)
  }
}
