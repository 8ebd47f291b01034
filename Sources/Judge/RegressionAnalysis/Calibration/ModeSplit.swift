import Foundation

/// Whether values fall into two groups: the best cut of the sorted values and what it explains.
///
/// The share of the variance that lies between the two groups is large for two modes. It is large
/// for any few values too (.72 in the middle of normal samples of 12), so that it is held against
/// what one in a thousand normal samples of the same size exceeds. The dip and the bimodality
/// coefficient, which need no cut, show nothing at the 12 to 30 runs that a bench has.
package struct ModeSplit: Codable, Sendable, Equatable {
  /// Share of the variance between the groups, 0...1.
  package var explained: Double
  /// What one of 1000 normal samples of this size exceeds.
  package var limit: Double
  /// Distance of the groups' means, relative.
  package var gap: Double
  /// Share of the values in the upper group.
  package var upperShare: Double

  /// Whether the groups are more than chance.
  package var isBimodal: Bool { explained > limit }

  /// Samples of normal numbers, 200,000 of each size (60,000 above 24), by the same cut.
  private static let limits: [(count: Double, limit: Double)] = [
    (8, 0.9709), (10, 0.9497), (12, 0.9284), (14, 0.9095), (16, 0.8953), (20, 0.8705),
    (24, 0.852), (30, 0.8308), (40, 0.8064), (60, 0.7719),
  ]

  /// Nil with fewer than 8 values, or when all are alike.
  /// - Parameter values: natural logarithms, in any order.
  package init?(_ values: [Double]) {
    guard values.count >= 8 else { return nil }
    let sorted = values.sorted()
    let count = Double(sorted.count)
    let mean = sorted.reduce(0, +) / count
    let total = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    guard total > 0 else { return nil }
    // A group has a sixth of the values, two at least: a single bad run is no mode.
    let least = max(2, sorted.count / 6)
    var best = (between: 0.0, below: least)
    var sum = 0.0
    for (below, value) in zip(1..., sorted) {
      sum += value - mean
      guard below >= least, below <= sorted.count - least else { continue }
      let between = sum * sum * count / (Double(below) * (count - Double(below)))
      if between > best.between { best = (between, below) }
    }
    let lower = sorted[..<best.below].reduce(0, +) / Double(best.below)
    let upper = sorted[best.below...].reduce(0, +) / (count - Double(best.below))
    explained = rounded(best.between / total)
    limit = Self.limit(count)
    gap = rounded(exp(upper - lower) - 1)
    upperShare = rounded((count - Double(best.below)) / count)
  }

  private static func limit(_ count: Double) -> Double {
    guard let next = limits.firstIndex(where: { $0.count >= count }) else {
      return limits.last?.limit ?? 1
    }
    guard next > 0 else { return limits[next].limit }
    let (a, b) = (limits[next - 1], limits[next])
    return rounded(a.limit + (b.limit - a.limit) * (count - a.count) / (b.count - a.count))
  }
}
