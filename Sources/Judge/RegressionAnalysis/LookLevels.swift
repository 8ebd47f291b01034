/// How much error a look at the data may spend, by how many runs it sees.
///
/// A check looks after every pair of boots and stops as soon as it can. Each look has a level of its
/// own, so that looking often cannot raise the share of unchanged builds that are called slower:
/// whichever look a check stops at, it is at most the sum of the levels up to there, and by
/// simulation far less, as looks share their runs (`ci/exam` measures it at every stopping time).
/// Levels grow with the runs: early looks are for gross changes, which need no large level, and
/// trust a variance that is known from few runs.
struct LookLevels {
  /// Runs per arm below which nothing is decided.
  static let firstLook = 3
  /// Runs per arm from which a tail is called changed. A bench whose boots come in two kinds deals
  /// them to the arms in the worst way once in 2^(2n) experiments of n runs per arm: from five on, in
  /// one of a thousand.
  static let firstTailLook = 5
  /// Runs per arm from which the worst iterations are: rigs have slow ones by chance.
  static let firstWorstLook = 6
  /// Runs per arm from which an experiment may end early because nothing moved.
  static let firstPass = 4

  /// Levels of the false discovery rate (two-sided), by runs per arm from the first look on; later
  /// looks have the last one.
  private static let body = [0.0006, 0.0006, 0.0005, 0.0007, 0.0009, 0.0015, 0.002]
  private static let worst = [0, 0, 0, 0.0004, 0.0004, 0.0007, 0.001]

  /// Whether a look may call a statistic changed.
  static func decides(_ statistic: Statistic, runs: Int) -> Bool {
    let first = statistic.isWorst ? firstWorstLook : statistic.isBody ? firstLook : firstTailLook
    return runs >= first
  }

  /// The level of a look.
  /// - Parameters:
  ///   - runs: of the smaller arm.
  ///   - isWorst: of worst iterations.
  /// - Returns: 0 where the look decides nothing.
  static func level(runs: Int, isWorst: Bool) -> Double {
    guard runs >= firstLook else { return 0 }
    let levels = isWorst ? worst : body
    return levels[min(runs - firstLook, levels.count - 1)]
  }
}

/// Benjamini and Hochberg's step-up rule (1995).
///
/// Where nothing changed at all, it finds something with at most the level's probability, as a
/// Bonferroni bound does; where several related metrics move together, each needs less.
struct FalseDiscoveryRule {
  /// P values up to here are findings; below 0 when there is none.
  let limit: Double

  /// - Parameters:
  ///   - candidates: p values that may be findings.
  ///   - comparisons: all that were made, candidates included.
  ///   - level: of the false discovery rate.
  init(candidates: [Double], comparisons: Int, level: Double) {
    let sorted = candidates.sorted()
    let step = level / Double(max(1, comparisons))
    limit = sorted.indices.last { sorted[$0] <= step * Double($0 + 1) }.map { sorted[$0] } ?? -1
  }
}
