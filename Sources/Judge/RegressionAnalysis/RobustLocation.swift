import Foundation

/// Median of finite numbers, of an even count the mean of the middle two; nil without any.
package func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// Median absolute deviation, scaled to estimate a normal's standard deviation.
func scaledMAD(_ values: [Double]) -> Double {
  guard let centre = median(values), let mad = median(values.map { abs($0 - centre) }) else {
    return 0
  }
  return 1.4826 * mad
}

/// Variance of a sample; nil with fewer than two values.
func sampleVariance(_ values: [Double]) -> Double? {
  guard values.count >= 2 else { return nil }
  let mean = values.reduce(0, +) / Double(values.count)
  return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
}

/// Huber's location with the scale held at the MAD: one bad iteration pulls at most `k` scales.
/// - Parameters:
///   - values: finite numbers.
///   - k: where weights begin to fall, in scales.
/// - Returns: the median when the scale is 0; nil without values.
package func huberLocation(_ values: [Double], k: Double = 1.5) -> Double? {
  guard var location = median(values) else { return nil }
  let scale = scaledMAD(values)
  guard scale > 0 else { return location }
  for _ in 0..<100 {
    var sum = 0.0
    var weights = 0.0
    for value in values {
      let distance = abs(value - location) / scale
      let weight = distance <= k ? 1 : k / distance
      sum += weight * value
      weights += weight
    }
    let next = sum / weights
    let moved = abs(next - location)
    location = next
    if moved <= 1e-12 * max(1, abs(location)) { break }
  }
  return location
}
