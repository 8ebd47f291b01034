import Foundation
import RegressionAnalysis

/// How far the candidate's values lie above the control's, with what units were like before taken into
/// account: the analysis of covariance, by which most of the difference between devices disappears.
struct ArmDifference: Equatable {
  /// Candidate less control.
  var estimate: Double
  /// Of the estimate, as that of a normal one with the same probability of being exceeded.
  var variance: Double
  /// Whether values from before were used.
  var isAdjusted: Bool

  /// Of a value per bin of devices in each arm, and the same from before the offer where there is one.
  /// Nil when the values do not vary at all.
  init?(
    control: [Double], candidate: [Double], controlBefore: [Double]?, candidateBefore: [Double]?
  ) {
    let (n, m) = (Double(control.count), Double(candidate.count))
    guard n > 2, m > 2 else { return nil }
    let difference = Self.mean(candidate) - Self.mean(control)
    var squares = Self.products(control, control) + Self.products(candidate, candidate)
    var freedom = n + m - 2
    var factor = 1 / n + 1 / m
    estimate = difference
    isAdjusted = false
    if let controlBefore, let candidateBefore {
      let before =
        Self.products(controlBefore, controlBefore)
        + Self.products(candidateBefore, candidateBefore)
      let both =
        Self.products(controlBefore, control)
        + Self.products(candidateBefore, candidate)
      if before > 0 {
        let shift = Self.mean(candidateBefore) - Self.mean(controlBefore)
        estimate = difference - both / before * shift
        squares = max(0, squares - both * both / before)
        freedom -= 1
        factor += shift * shift / before
        isAdjusted = true
      }
    }
    let exact = squares / freedom * factor
    guard exact > 0, exact.isFinite else { return nil }
    // Student's t says how sure a variance from so few units is.
    let t = abs(estimate) / exact.squareRoot()
    let z =
      t > 0.01 && t < 30
      ? NormalDistribution.upperQuantile(StudentT.upperTail(t, degreesOfFreedom: freedom))
      : t * (1 - 1 / (4 * freedom))
    variance = t > 0 && z > 0 ? exact * (t / z) * (t / z) : exact
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// Sum of products of deviations from the means.
  private static func products(_ left: [Double], _ right: [Double]) -> Double {
    let (a, b) = (mean(left), mean(right))
    return zip(left, right).reduce(0) { $0 + ($1.0 - a) * ($1.1 - b) }
  }
}
