import Foundation

/// First derivative of ln gamma, for positive arguments; NaN otherwise.
///
/// Recurrence up to 12, then the asymptotic series.
package func digamma(_ x: Double) -> Double {
  guard x > 0 else { return .nan }
  var x = x
  var result = 0.0
  while x < 12 {
    result -= 1 / x
    x += 1
  }
  let u = 1 / (x * x)
  let series = u * (1.0 / 12 - u * (1.0 / 120 - u * (1.0 / 252 - u * (1.0 / 240 - u / 132))))
  return result + log(x) - 0.5 / x - series
}

/// Second derivative of ln gamma, for positive arguments; NaN otherwise.
package func trigamma(_ x: Double) -> Double {
  guard x > 0 else { return .nan }
  var x = x
  var result = 0.0
  while x < 12 {
    result += 1 / (x * x)
    x += 1
  }
  let u = 1 / (x * x)
  let series = u * (1.0 / 6 - u * (1.0 / 30 - u * (1.0 / 42 - u * (1.0 / 30 - u * 5 / 66))))
  return result + (1 + series) / x + 0.5 * u
}

/// The positive x with trigamma(x) = y; infinite for y = 0, NaN below.
///
/// Newton on 1 / trigamma, which is convex and nearly linear (Smyth 2004, appendix).
package func inverseTrigamma(_ y: Double) -> Double {
  guard y >= 0 else { return .nan }
  if y == 0 { return .infinity }
  if y > 1e7 { return 1 / y.squareRoot() }
  if y < 1e-6 { return 1 / y }
  var x = 0.5 + 1 / y
  for _ in 0..<50 {
    let value = trigamma(x)
    let step = value * (1 - value / y) / tetragamma(x)
    x += step
    if -step / x < 1e-10 { break }
  }
  return x
}

/// Third derivative of ln gamma, negative.
private func tetragamma(_ x: Double) -> Double {
  var x = x
  var result = 0.0
  while x < 12 {
    result -= 2 / (x * x * x)
    x += 1
  }
  let u = 1 / (x * x)
  let series = u * (0.5 - u * (1.0 / 6 - u * (1.0 / 6 - u * 0.3)))
  return result - u - u / x - u * series
}
