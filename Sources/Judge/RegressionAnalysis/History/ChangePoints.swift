import Foundation

/// Where the level or the spread of a series changed for good.
package struct ChangePoint: Codable, Sendable, Equatable {
  /// Position of the first value of the new stretch.
  package var index: Int
  /// Medians of the stretches before and after, up to the neighbouring change points.
  package var before: Double
  package var after: Double
  /// Of the permutation test that admitted it; at least 1 / (permutations + 1).
  package var p: Double
}

/// Finds change points in the history of a metric by E-divisive (Matteson and James 2014).
///
/// The split of a stretch that makes its two parts differ most in energy distance is taken when
/// few permutations within the stretches do as well; then both parts are looked at. Nothing is
/// assumed of the distribution. Use it on the past only: it needs some values after a change, and
/// to judge a new build there is ``judge(_:)``.
package struct ChangePointFinder: Sendable, Equatable {
  /// Values that a stretch has at least; 2 or more.
  package var minimumSegment: Int
  /// Largest p value of a change point.
  package var alpha: Double
  package var permutations: Int
  /// Of the permutations: the same series has the same change points.
  package var seed: UInt64

  package init(
    minimumSegment: Int = 5, alpha: Double = 0.01, permutations: Int = 199, seed: UInt64 = 1
  ) {
    self.minimumSegment = max(2, minimumSegment)
    self.alpha = alpha
    self.permutations = permutations
    self.seed = seed
  }

  /// The change points of a series, ascending; values that are not finite count as missing.
  /// - Parameter series: in the order of builds; logarithms for relative changes. A split takes
  ///   n log n steps, and each change point one split for each permutation.
  /// - Returns: none for a series shorter than two stretches.
  package func changePoints(_ series: [Double]) -> [ChangePoint] {
    let places = series.indices.filter { series[$0].isFinite }
    let values = places.map { series[$0] }
    var random = SimulationRandom(seed: seed)
    var cuts: [(index: Int, p: Double)] = []
    while true {
      let stretches = segments(values, cuts.map(\.index)).map { SeriesStretch(values[$0]) }
      guard let best = best(stretches), best.strength > 0 else { break }
      let p = significance(of: best.strength, stretches, &random)
      guard p <= alpha else { break }
      cuts.append((best.index, p))
      cuts.sort { $0.index < $1.index }
    }
    return cuts.enumerated().map { position, cut in
      let start = position > 0 ? cuts[position - 1].index : 0
      let end = position + 1 < cuts.count ? cuts[position + 1].index : values.count
      return ChangePoint(
        index: places[cut.index], before: rounded(median(Array(values[start..<cut.index])) ?? 0),
        after: rounded(median(Array(values[cut.index..<end])) ?? 0), p: rounded(cut.p))
    }
  }

  /// The best split of any stretch.
  private func best(_ stretches: [SeriesStretch]) -> (index: Int, strength: Double)? {
    stretches.compactMap { $0.bestSplit(minimum: minimumSegment) }
      .max { $0.strength < $1.strength }
  }

  /// Share of permutations within the stretches whose best split is as strong; counting ends once
  /// the share is above ``alpha``.
  private func significance(
    of strength: Double, _ stretches: [SeriesStretch], _ random: inout SimulationRandom
  ) -> Double {
    var stronger = 0
    for _ in 0..<permutations {
      let shuffled = stretches.map { $0.shuffled(using: &random) }
      if let other = best(shuffled), other.strength >= strength * (1 - 1e-12) { stronger += 1 }
      if Double(1 + stronger) > alpha * Double(1 + permutations) { break }
    }
    return Double(1 + stronger) / Double(1 + permutations)
  }

  private func segments(_ values: [Double], _ cuts: [Int]) -> [Range<Int>] {
    zip([0] + cuts, cuts + [values.count]).map { $0..<$1 }
  }
}
