import Foundation
import LatencyHistograms

/// How far one quantile of the candidate lies from the reference's: a point of the shift function.
package struct ShiftPoint: Codable, Sendable, Equatable {
  /// Strictly between 0 and 1.
  package var probability: Double
  /// Geometric means over runs, in the metric's unit.
  package var reference: Double
  package var candidate: Double
  /// Candidate / reference - 1.
  package var change: Double
  /// For this point alone and from its own runs alone: to look at, not to decide by. Nil when an
  /// arm has a single run.
  package var interval: ChangeInterval?

  package init(
    probability: Double, reference: Double, candidate: Double, change: Double,
    interval: ChangeInterval? = nil
  ) {
    self.probability = probability
    self.reference = reference
    self.candidate = candidate
    self.change = change
    self.interval = interval
  }
}

/// The shift function of a histogram metric: where in the distribution the arms differ.
struct ShiftFunction {
  static let probabilities = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]

  /// The points that every run has enough events for.
  /// - Parameters:
  ///   - histograms: one per run, all its iterations together.
  ///   - isCandidate: of each run.
  ///   - policy: says how many events a quantile needs and the intervals' level.
  /// - Returns: by probability, ascending.
  static func points(
    _ histograms: [LatencyHistogram], isCandidate: [Bool], policy: VerdictPolicy
  ) -> [ShiftPoint] {
    let fewest = Double(histograms.map(\.count).min() ?? 0)
    return probabilities.compactMap { probability in
      let needed = policy.minimumTailEvents / min(probability, 1 - probability)
      guard fewest >= needed * (1 - 1e-9) else { return nil }
      var arms: (reference: [Double], candidate: [Double]) = ([], [])
      for (histogram, isCandidate) in zip(histograms, isCandidate) {
        guard let value = histogram.logQuantile(probability) else { return nil }
        if isCandidate { arms.candidate.append(value) } else { arms.reference.append(value) }
      }
      return point(probability, arms.reference, arms.candidate, level: policy.intervalLevel)
    }
  }

  private static func point(
    _ probability: Double, _ reference: [Double], _ candidate: [Double], level: Double
  ) -> ShiftPoint? {
    guard let before = Spread(reference), let after = Spread(candidate) else { return nil }
    let delta = after.mean - before.mean
    var point = ShiftPoint(
      probability: probability, reference: rounded(exp(before.mean)),
      candidate: rounded(exp(after.mean)), change: abs(delta) < 1e-12 ? 0 : rounded(exp(delta) - 1))
    guard let b = before.squaredError, let a = after.squaredError else { return point }
    // Welch: the arms may differ in noise.
    let parts = a * a / Double(candidate.count - 1) + b * b / Double(reference.count - 1)
    let degrees = parts > 0 ? (a + b) * (a + b) / parts : .infinity
    let reach =
      StudentT.upperQuantile((1 - level) / 2, degreesOfFreedom: degrees) * (a + b).squareRoot()
    point.interval = ChangeInterval(
      low: rounded(exp(delta - reach) - 1), high: rounded(exp(delta + reach) - 1))
    return point
  }
}

/// Mean of some numbers and how well it is known.
private struct Spread {
  let mean: Double
  /// Squared standard error of the mean; nil for a single number.
  let squaredError: Double?

  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    squaredError = values.count > 1 ? squares / (count - 1) / count : nil
  }
}
