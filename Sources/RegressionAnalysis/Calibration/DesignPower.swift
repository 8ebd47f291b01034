import Foundation

/// What a design finds of one statistic: the whole rule's power, every condition of it counted.
///
/// A change is called when the screen passes (p < .01 and two thirds of the threshold), the fresh
/// runs pass on their own, and both together pass the family's limit and the threshold. The formula
/// `(t[alpha/2M] + t[.2]) * error` knows the third alone.
package struct DesignPower: Sendable, Equatable {
  /// Standard errors of the difference in the screen and in the fresh runs.
  private let errors: (screen: Double, fresh: Double)
  /// What the difference must exceed: in the screen, in the fresh runs, and their mean.
  private let limits: (screen: Double, fresh: Double, mean: Double)
  private let runs: Double
  private let confirmRuns: Double

  /// - Parameters:
  ///   - variance: of a run's value (natural logarithm).
  ///   - degreesOfFreedom: behind it, those of the experiment's own runs not counted.
  ///   - threshold: smallest relative change that matters, floor included.
  ///   - runs: per arm of the screen, 2 or more.
  ///   - confirmRuns: fresh ones per arm; without any nothing is called.
  ///   - comparisons: that share the family-wise error.
  ///   - policy: the errors allowed.
  package init(
    variance: Double, degreesOfFreedom: Double, threshold: Double, runs: Int, confirmRuns: Int,
    comparisons: Int, policy: VerdictPolicy = VerdictPolicy()
  ) {
    let tau = log1p(threshold)
    let own = Double(max(1, 2 * runs - 3))
    let fresh = Double(max(1, 2 * confirmRuns - 3))
    func quantile(_ p: Double, _ degrees: Double) -> Double {
      StudentT.upperQuantile(p, degreesOfFreedom: degreesOfFreedom + degrees)
    }
    self.runs = Double(runs)
    self.confirmRuns = Double(confirmRuns)
    errors = (
      (2 * variance / Double(max(runs, 1))).squareRoot(),
      (2 * variance / Double(max(confirmRuns, 1))).squareRoot()
    )
    let mean = (2 * variance / Double(max(runs + confirmRuns, 1))).squareRoot()
    limits = (
      max(policy.screenShare * tau, errors.screen * quantile(policy.screenAlpha / 2, own)),
      errors.fresh * quantile(policy.freshAlpha / 2, fresh),
      max(tau, mean * quantile(policy.alpha / (2 * Double(comparisons)), own + fresh))
    )
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.errors == right.errors && left.limits == right.limits && left.runs == right.runs
      && left.confirmRuns == right.confirmRuns
  }

  /// Probability that a worsening is called a regression; its size is relative, above 0.
  package func power(_ change: Double) -> Double {
    guard confirmRuns > 0, runs >= 2, errors.screen > 0 else { return 0 }
    let delta = log1p(change)
    // Over the screen's value: the fresh runs must pass alone and make up the rest of the mean.
    let steps = 100
    let low = max(limits.screen, delta - 7 * errors.screen)
    let high = delta + 7 * errors.screen
    guard high > low else { return 0 }
    var total = 0.0
    for step in 0..<steps {
      let value = low + (high - low) * (Double(step) + 0.5) / Double(steps)
      let score = (value - delta) / errors.screen
      let rest = ((runs + confirmRuns) * limits.mean - runs * value) / confirmRuns
      let needed = max(limits.fresh, rest)
      total +=
        exp(-score * score / 2) * NormalDistribution.upperTail((needed - delta) / errors.fresh)
    }
    let width = (high - low) / Double(steps)
    return min(1, total * width / errors.screen / (2 * Double.pi).squareRoot())
  }

  /// The smallest worsening found with a given power; nil when it is beyond 400%.
  package func detectable(power wanted: Double = 0.8) -> Double? {
    var (low, high) = (0.0, 4.0)
    guard power(high) >= wanted else { return nil }
    while high - low > 1e-4 * (0.01 + high) {
      let middle = (low + high) / 2
      if power(middle) >= wanted { high = middle } else { low = middle }
    }
    return high
  }
}
