import Foundation
import LatencyHistograms

/// A cohort's quantiles with what each bin of devices contributes to them: pseudo-values of the
/// jackknife that leaves a bin out (Quenouille 1956, Tukey 1958).
///
/// They behave like independent observations whose mean is the cohort's log-quantile without the bias
/// that few devices give it, so arms of different sizes can be compared.
struct JackknifedQuantiles {
  /// Sums of events up to each bucket, of the cohort and of each bin.
  private let total: [Double]
  private let bins: [Double]
  private static let width = BinnedBuckets.width

  init(_ buckets: BinnedBuckets) {
    let width = Self.width
    var sums = buckets.events
    var total = [Double](repeating: 0, count: width)
    sums.withUnsafeMutableBufferPointer { sums in
      total.withUnsafeMutableBufferPointer { total in
        for bin in 0..<DeviceBins.count {
          let start = bin * width
          var below = 0.0
          for place in 0..<width {
            below += sums[start + place]
            sums[start + place] = below
            total[place] += below
          }
        }
      }
    }
    self.total = total
    bins = sums
  }

  var events: Double { total[Self.width - 1] }

  /// Logarithm of the cohort's quantile; nil without events.
  func logQuantile(_ probability: Double) -> Double? { logQuantile(probability, without: nil) }

  /// One per bin; nil without events outside some bin.
  func pseudoValues(_ probability: Double) -> [Double]? {
    guard let whole = logQuantile(probability) else { return nil }
    let count = Double(DeviceBins.count)
    var values: [Double] = []
    values.reserveCapacity(DeviceBins.count)
    for bin in 0..<DeviceBins.count {
      guard let rest = logQuantile(probability, without: bin) else { return nil }
      values.append(count * whole - (count - 1) * rest)
    }
    return values
  }

  private func logQuantile(_ probability: Double, without bin: Int?) -> Double? {
    let width = Self.width
    let start = (bin ?? 0) * width
    func below(_ bucket: Int) -> Double {
      bucket < 0 ? 0 : total[bucket] - (bin == nil ? 0 : bins[start + bucket])
    }
    let events = below(width - 1)
    guard events > 0.5 else { return nil }
    let rank = probability * events
    var (low, high) = (0, width - 1)
    while low < high {
      let middle = (low + high) / 2
      if below(middle) >= rank { high = middle } else { low = middle + 1 }
    }
    let own = below(low) - below(low - 1)
    let bounds = HistogramLayout.standard.bounds(of: low)
    let fraction = own > 0 ? min(max((rank - below(low - 1)) / own, 0), 1) : 1
    let value = Double(bounds.lower) + fraction * Double(bounds.upper - bounds.lower)
    return value > 0 ? log(value) : nil
  }
}
