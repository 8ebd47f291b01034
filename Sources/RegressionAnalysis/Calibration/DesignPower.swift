import Foundation

/// What a design finds of one statistic: the whole rule's power, every condition of it counted.
///
/// A change is called when the screen passes (p < .01 and two thirds of the threshold), the fresh
/// runs pass on their own, and both together pass the family's limit and the threshold. The formula
/// `(t[alpha/2M] + t[.2]) * error` knows the third alone.
package struct DesignPower: Sendable, Equatable {
  /// Of a run's value (natural logarithm).
  package var variance: Double
  /// Behind ``variance``, those of the experiment's own runs not counted.
  package var degreesOfFreedom: Double
  /// Smallest relative change that matters, floor included.
  package var threshold: Double
  /// Runs per arm of the screen, and fresh ones; 2 or more, and 0 or more.
  package var runs: Int
  package var confirmRuns: Int
  /// Comparisons that share the family-wise error.
  package var comparisons: Int
  package var policy: VerdictPolicy

  package init(
    variance: Double, degreesOfFreedom: Double, threshold: Double, runs: Int, confirmRuns: Int,
    comparisons: Int, policy: VerdictPolicy = VerdictPolicy()
  ) {
    self.variance = variance
    self.degreesOfFreedom = degreesOfFreedom
    self.threshold = threshold
    self.runs = runs
    self.confirmRuns = confirmRuns
    self.comparisons = comparisons
    self.policy = policy
  }

  /// Probability that a worsening is called a regression.
  /// - Parameter change: relative, above 0.
  package func power(_ change: Double) -> Double {
    guard confirmRuns > 0, runs >= 2 else { return 0 }
    let delta = log1p(change)
    let tau = log1p(threshold)
    let own = Double(max(1, 2 * runs - 3))
    let ownFresh = Double(max(1, 2 * confirmRuns - 3))
    let (a, b) = (Double(runs), Double(confirmRuns))
    let screenError = (2 * variance / a).squareRoot()
    let freshError = (2 * variance / b).squareRoot()
    let screenLimit = max(
      policy.screenShare * tau,
      screenError
        * StudentT.upperQuantile(
          policy.screenAlpha / 2, degreesOfFreedom: degreesOfFreedom + own))
    let freshLimit =
      freshError
      * StudentT.upperQuantile(
        policy.freshAlpha / 2, degreesOfFreedom: degreesOfFreedom + ownFresh)
    let error = (2 * variance / (a + b)).squareRoot()
    let family = StudentT.upperQuantile(
      policy.alpha / (2 * Double(comparisons)),
      degreesOfFreedom: degreesOfFreedom + own + ownFresh)
    let sumLimit = (a + b) * max(tau, error * family)
    // Over the screen's value: the fresh runs must pass alone and make up the rest of the sum.
    let steps = 200
    let (low, high) = (max(screenLimit, delta - 8 * screenError), delta + 8 * screenError)
    guard high > low else { return 0 }
    var total = 0.0
    for step in 0..<steps {
      let value = low + (high - low) * (Double(step) + 0.5) / Double(steps)
      let score = (value - delta) / screenError
      let density = exp(-score * score / 2) / (2 * Double.pi).squareRoot() / screenError
      let needed = max(freshLimit, (sumLimit - a * value) / b)
      total += density * NormalDistribution.upperTail((needed - delta) / freshError)
    }
    return min(1, total * (high - low) / Double(steps))
  }

  /// The smallest worsening found with a given power; nil when it is beyond 400%.
  package func detectable(power wanted: Double = 0.8) -> Double? {
    var (low, high) = (0.0, 4.0)
    guard power(high) >= wanted else { return nil }
    while high - low > 1e-5 * (1 + high) {
      let middle = (low + high) / 2
      if power(middle) >= wanted { high = middle } else { low = middle }
    }
    return high
  }
}
