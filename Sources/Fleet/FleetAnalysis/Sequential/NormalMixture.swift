import Foundation
import RegressionAnalysis

/// Evidence that stays valid whenever one looks: the normal mixture of Robbins (1970).
///
/// Estimates of a fixed effect that are made again and again while data grow behave like a Brownian
/// motion in information, 1 / variance (Scharfstein, Tsiatis and Robins 1997). The likelihood ratio of
/// effects drawn from a normal distribution against none is then a martingale that begins at 1, so it
/// exceeds 1/a with a probability of at most a over all looks together (Ville 1939).
enum NormalMixture {
  /// Standard deviation of the effects looked for, in the logarithm: some five percent.
  static let scale = 0.05

  /// The e-value for an effect above zero, from its estimate and the variance of that.
  static func evidence(_ estimate: Double, variance: Double) -> Double {
    guard variance > 0, variance.isFinite, estimate.isFinite else { return 1 }
    let prior = scale * scale
    let total = variance + prior
    let weight = 2 * (variance / total).squareRoot()
    let z = estimate * scale / (variance * total).squareRoot()
    // Far below zero one factor is beyond all numbers and the other is none. Their product is Mills'
    // ratio.
    guard z > -30 else { return weight * (1 - 1 / (z * z)) / (-z * (2 * Double.pi).squareRoot()) }
    let exponent = estimate * estimate * prior / (2 * variance * total)
    return min(weight * exp(exponent) * NormalDistribution.cdf(z), 1e300)
  }

  /// Half the width of an interval that holds the effect at all looks together with a probability of
  /// at least 1 - `error`.
  static func reach(variance: Double, error: Double) -> Double {
    guard variance > 0 else { return .infinity }
    let prior = scale * scale
    let total = variance + prior
    return (2 * variance * total / prior * log((total / variance).squareRoot() / error))
      .squareRoot()
  }
}

/// The e-values' counterpart of Benjamini and Hochberg's rule (Wang and Ramdas 2022): bounds the share
/// of false findings whatever the dependence between comparisons.
enum EvidenceRule {
  /// The least e-value that is a finding, of those of all comparisons. `level` bounds the share of false
  /// findings; where nothing changed, the probability of any.
  static func threshold(_ values: [Double], level: Double) -> Double {
    let sorted = values.sorted(by: >)
    let needed = Double(max(1, values.count)) / level
    let last = sorted.indices.last { sorted[$0] >= needed / Double($0 + 1) }
    return needed / Double((last ?? 0) + 1)
  }
}
