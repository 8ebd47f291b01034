import Foundation

/// The standard normal distribution.
package enum NormalDistribution {
  /// Probability of a value above `z`; precise far into the tail.
  package static func upperTail(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

  /// Probability of a value up to `z`.
  package static func cdf(_ z: Double) -> Double { upperTail(-z) }

  /// The value with probability `p` above it; infinite at 0 and 1, NaN outside.
  package static func upperQuantile(_ p: Double) -> Double {
    guard p >= 0, p <= 1 else { return .nan }
    if p == 0 { return .infinity }
    if p == 1 { return -.infinity }
    if p > 0.5 { return -upperQuantile(1 - p) }
    if p == 0.5 { return 0 }
    // Abramowitz and Stegun 26.2.23 to 4.5e-4, then Newton on the logarithm of the tail, which is
    // concave and nearly a parabola, so the tail's many magnitudes do no harm.
    let t = (-2 * log(p)).squareRoot()
    var z =
      t - (2.515517 + t * (0.802853 + t * 0.010328))
      / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    for _ in 0..<8 {
      let tail = upperTail(z)
      guard tail > 0 else { break }
      let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
      let step = (log(tail) - log(p)) * tail / density
      guard step.isFinite else { break }
      z += step
      if abs(step) < 1e-14 * max(1, abs(z)) { break }
    }
    return z
  }

  /// The value with probability `p` below it.
  package static func quantile(_ p: Double) -> Double { -upperQuantile(p) }
}
