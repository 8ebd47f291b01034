import Foundation
import LatencyHistograms

/// The modes of a distribution over the standard layout's buckets, found on a smoothed copy.
///
/// Buckets are even on a logarithmic axis, so that a mode is as wide at 10 us as at 10 ms.
struct DistributionModes {
  /// A place where events gather, and the buckets up to the valleys on both sides.
  struct Mode {
    var peak: Int
    /// First bucket, and the first one above.
    var buckets: Range<Int>
    /// Of all events.
    var share: Double
  }

  /// A peak counts from this share of events on.
  private static let leastShare = 0.02
  /// And when the valley beside it is at most this high, as a share of the lower peak.
  private static let highestValley = 0.5
  /// And lower by this many standard errors of the counts that the kernel sees.
  private static let clearValley = 3.0
  /// Standard deviation of the smoothing kernel, in buckets: a sixth of an octave.
  private static let smoothing = 8.0 / 3

  private(set) var modes: [Mode] = []

  /// - Parameters:
  ///   - shares: of events per bucket, summing to 1.
  ///   - events: how many there are: few of them gather by chance.
  init(_ shares: [Double], events: Double) {
    guard let first = shares.firstIndex(where: { $0 > 0 }),
      let last = shares.lastIndex(where: { $0 > 0 })
    else { return }
    let smooth = Self.smoothed(shares, in: max(0, first - 8)...min(shares.count - 1, last + 8))
    var found = Self.peaks(smooth).map { Mode(peak: $0, buckets: $0..<$0 + 1, share: 0) }
    // The shallowest valley goes first, until all that are left part two modes.
    while found.count > 1 {
      let valleys = zip(found, found.dropFirst()).map { left, right in
        Self.valley(smooth, from: left.peak, to: right.peak)
      }
      let heights = valleys.enumerated().map { index, valley in
        Self.height(
          valley: smooth[valley],
          peak: min(smooth[found[index].peak], smooth[found[index + 1].peak]), events: events)
      }
      Self.setBuckets(&found, valleys, shares)
      let small = found.indices.min { found[$0].share < found[$1].share } ?? 0
      let shallow = heights.indices.max { heights[$0] < heights[$1] } ?? 0
      if heights[shallow] > Self.highestValley {
        let isLeftLower = smooth[found[shallow].peak] < smooth[found[shallow + 1].peak]
        found.remove(at: isLeftLower ? shallow : shallow + 1)
      } else if found[small].share < Self.leastShare {
        found.remove(at: small)
      } else {
        break
      }
    }
    if found.count == 1 { Self.setBuckets(&found, [], shares) }
    modes = found
  }

  /// Of the lower peak beside it; 1 where chance alone may have made the valley.
  private static func height(valley: Double, peak: Double, events: Double) -> Double {
    // Events that the kernel, as high as it is wide, sums up around a bucket.
    let seen = events * 2 * Double.pi.squareRoot() * smoothing
    let isClear =
      (peak - valley) * seen > clearValley * ((peak + valley) * seen).squareRoot()
    return isClear ? valley / peak : 1
  }

  private static func smoothed(_ shares: [Double], in range: ClosedRange<Int>) -> [Double] {
    let reach = Int((3 * smoothing).rounded(.up))
    let weights = (-reach...reach).map { exp(-Double($0 * $0) / (2 * smoothing * smoothing)) }
    let total = weights.reduce(0, +)
    var result = [Double](repeating: 0, count: shares.count)
    for bucket in range where shares[bucket] > 0 {
      for (offset, weight) in zip(-reach...reach, weights)
      where shares.indices.contains(bucket + offset) {
        result[bucket + offset] += shares[bucket] * weight / total
      }
    }
    return result
  }

  /// Buckets higher than both neighbours; of a plateau its first.
  private static func peaks(_ smooth: [Double]) -> [Int] {
    smooth.indices.filter { index in
      let left = index > 0 ? smooth[index - 1] : 0
      let right = index + 1 < smooth.count ? smooth[index + 1] : 0
      return smooth[index] > left && smooth[index] >= right
    }
  }

  private static func valley(_ smooth: [Double], from left: Int, to right: Int) -> Int {
    (left...right).min { smooth[$0] < smooth[$1] } ?? left
  }

  private static func setBuckets(_ found: inout [Mode], _ valleys: [Int], _ shares: [Double]) {
    for index in found.indices {
      let low = index == 0 ? 0 : valleys[index - 1]
      let high = index == found.count - 1 ? shares.count : valleys[index]
      found[index].buckets = low..<max(low, high)
      found[index].share = shares[low..<max(low, high)].reduce(0, +)
    }
  }
}
