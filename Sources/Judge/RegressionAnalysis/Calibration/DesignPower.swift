import Foundation

/// What a number of runs finds of one statistic.
///
/// A change is called at a look when its p value passes the level of that look, shared by all
/// comparisons, and its size what matters. Earlier looks of the same experiment can only add to
/// this, as can other metrics that move with it.
package struct DesignPower: Sendable, Equatable {
  /// Standard error of the difference of the arms.
  private let error: Double
  /// What the difference must exceed.
  private let limit: Double
  private let runs: Int

  /// - Parameters:
  ///   - variance: of a run's value (natural logarithm).
  ///   - degreesOfFreedom: behind it, those of the experiment's own runs not counted.
  ///   - threshold: smallest relative change that matters, floor included.
  ///   - runs: per arm, all together.
  ///   - statistic: says which level is spent on it.
  ///   - comparisons: that share a level.
  package init(
    variance: Double, degreesOfFreedom: Double, threshold: Double, runs: Int, statistic: Statistic,
    comparisons: Int
  ) {
    self.runs = LookLevels.decides(statistic, runs: runs) ? runs : 0
    error = (2 * variance / Double(max(runs, 1))).squareRoot()
    let level = LookLevels.level(runs: runs, isWorst: statistic.isWorst)
    let t = StudentT.upperQuantile(
      level / (2 * Double(max(1, comparisons))),
      degreesOfFreedom: degreesOfFreedom + Double(max(1, 2 * runs - 3)))
    limit = max(log1p(threshold), error * t)
  }

  /// Probability that a worsening is called a regression; its size is relative, above 0.
  package func power(_ change: Double) -> Double {
    guard runs > 0, error > 0 else { return 0 }
    return NormalDistribution.upperTail((limit - log1p(change)) / error)
  }

  /// The smallest worsening found with a given power; nil when it is beyond 400%.
  package func detectable(power wanted: Double = 0.8) -> Double? {
    guard runs > 0, error > 0 else { return nil }
    let change = exp(limit - NormalDistribution.upperQuantile(wanted) * error) - 1
    return change <= 4 ? change : nil
  }
}
