import Foundation
import LatencyHistograms

/// A histogram in buckets whose edges are powers of one base, as OpenTelemetry and Prometheus have
/// them: bucket `index` holds what is above base^index and up to base^(index + 1).
///
/// The edges are not those of a log-linear histogram: a bucket's events are counted where its middle
/// lies. No event is lost; a quantile is off by at most one bucket of each.
struct ExponentialBuckets {
  /// Two to the power of this are the buckets per octave. Finer ones would stay empty where
  /// log-linear buckets are widest.
  static let scale = 3

  /// Events of value 0.
  let zeroCount: UInt64
  /// Index of the first of ``counts``.
  let offset: Int
  let counts: [UInt64]

  /// - Parameters:
  ///   - histogram: what is spread.
  ///   - unit: what one unit of its values is in the unit of the buckets.
  init(_ histogram: LatencyHistogram, unit: Double = 1) {
    var zero: UInt64 = 0
    var found: [Int: UInt64] = [:]
    for bucket in histogram.sparse {
      let bounds = histogram.layout.bounds(of: bucket.index)
      let middle = (Double(bounds.lower) + Double(bounds.upper - 1)) / 2 * unit
      if middle == 0 {
        zero += bucket.count
      } else {
        let place = log2(middle) * Double(1 << Self.scale)
        found[Int(place.rounded(.up)) - 1, default: 0] += bucket.count
      }
    }
    zeroCount = zero
    let first = found.keys.min() ?? 0
    offset = first
    counts = (first..<(found.keys.max() ?? first - 1) + 1).map { found[$0] ?? 0 }
  }
}
