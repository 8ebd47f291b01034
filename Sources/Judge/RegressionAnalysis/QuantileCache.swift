/// Quantiles of Student's t that one look asks for again and again: most of its series have the same
/// degrees of freedom.
final class QuantileCache {
  private struct Key: Hashable {
    var tail: Double
    var degreesOfFreedom: Double
  }

  private var known: [Key: Double] = [:]

  /// The t value with probability `tail` above it.
  func t(_ tail: Double, _ degreesOfFreedom: Double) -> Double {
    let key = Key(tail: tail, degreesOfFreedom: degreesOfFreedom)
    if let value = known[key] { return value }
    let value = StudentT.upperQuantile(tail, degreesOfFreedom: degreesOfFreedom)
    known[key] = value
    return value
  }
}
