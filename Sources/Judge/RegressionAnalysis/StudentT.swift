import Foundation

/// Student's t distribution with any positive degrees of freedom; infinite ones are the normal.
package enum StudentT {
  /// Beyond this the normal distribution is used: the difference is below 1e-7.
  private static let normalFrom = 1e7
  /// Beyond this the expansion about the normal's quantile is exact to 1e-10 down to p = 1e-30.
  private static let expansionFrom = 1e4

  /// Probability of a value above `t`; precise far into the tail.
  package static func upperTail(_ t: Double, degreesOfFreedom n: Double) -> Double {
    guard !t.isNaN, n > 0 else { return .nan }
    if n >= normalFrom { return NormalDistribution.upperTail(t) }
    if t < 0 { return 1 - upperTail(-t, degreesOfFreedom: n) }
    if t.isInfinite { return 0 }
    // Near the middle n / (n + t^2) is too close to 1 to recover t.
    if t < 1 { return 0.5 - 0.5 * incompleteBeta(t * t / (n + t * t), 0.5, n / 2) }
    return 0.5 * incompleteBeta(n / (n + t * t), n / 2, 0.5)
  }

  /// Probability of a value up to `t`.
  package static func cdf(_ t: Double, degreesOfFreedom n: Double) -> Double {
    upperTail(-t, degreesOfFreedom: n)
  }

  /// The value with probability `p` above it; infinite at 0 and 1, NaN outside.
  package static func upperQuantile(_ p: Double, degreesOfFreedom n: Double) -> Double {
    guard p >= 0, p <= 1, n > 0 else { return .nan }
    if p == 0 { return .infinity }
    if p == 1 { return -.infinity }
    if n >= normalFrom { return NormalDistribution.upperQuantile(p) }
    if p > 0.5 { return -upperQuantile(1 - p, degreesOfFreedom: n) }
    if n >= expansionFrom { return start(p, n) }
    // From the normal's value (Abramowitz and Stegun 26.7.5), then Newton on the logarithm of the tail, kept inside a bracket.
    var (low, high) = (0.0, Double.greatestFiniteMagnitude)
    var t = start(p, n)
    let logP = log(p)
    let scale = exp(lgamma((n + 1) / 2) - lgamma(n / 2)) / (n * .pi).squareRoot()
    for _ in 0..<100 {
      let tail = upperTail(t, degreesOfFreedom: n)
      if tail > p { low = t } else { high = t }
      let density = scale * pow(1 + t * t / n, -(n + 1) / 2)
      var next = t + (log(tail) - logP) * tail / density
      if !next.isFinite || next <= low || next >= high {
        next = high == .greatestFiniteMagnitude ? 2 * max(t, 1) : (low + high) / 2
      }
      let moved = abs(next - t)
      t = next
      if moved <= 1e-14 * max(1, t) { break }
    }
    return t
  }

  /// A first guess at the value with probability `p` above it, 0 < p < 0.5.
  private static func start(_ p: Double, _ n: Double) -> Double {
    if n <= 1 { return 1 / tan(.pi * p) }
    if n <= 2 { return (1 - 2 * p) / (2 * p * (1 - p)).squareRoot() }
    let z = NormalDistribution.upperQuantile(p)
    let u = z * z
    let first = (u + 1) / (4 * n)
    let second = ((5 * u + 16) * u + 3) / (96 * n * n)
    let third = (((3 * u + 19) * u + 17) * u - 15) / (384 * n * n * n)
    return z * (1 + first + second + third)
  }
}

/// Probability that an F distribution with `m` and `n` degrees of freedom exceeds `ratio`.
func fTail(_ ratio: Double, _ m: Double, _ n: Double) -> Double {
  guard ratio > 0 else { return 1 }
  return incompleteBeta(n / (n + m * ratio), n / 2, m / 2)
}

/// Regularised incomplete beta function I_x(a, b), by Lentz's continued fraction.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  if x <= 0 { return 0 }
  if x >= 1 { return 1 }
  // The fraction converges fast below the mean only.
  if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
  let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
  let tiny = 1e-300
  var c = 1.0
  var d = 1 - (a + b) * x / (a + 1)
  d = 1 / (abs(d) < tiny ? tiny : d)
  var h = d
  for i in 1...2000 {
    let m = Double(i)
    for term in [
      m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
      -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
    ] {
      d = 1 + term * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + term / c
      if abs(c) < tiny { c = tiny }
      h *= d * c
    }
    if abs(d * c - 1) < 1e-15 { break }
  }
  return front * h
}
