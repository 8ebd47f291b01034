/// A share of independent trials and how far it can be trusted.
package struct Proportion: Codable, Sendable, Equatable {
  package var count: Int
  package var trials: Int
  /// `count / trials`; 0 without trials.
  package var share: Double
  /// Wilson's score interval (1927) with 95% coverage; 0...1 without trials.
  package var low: Double
  package var high: Double

  package init(_ count: Int, of trials: Int) {
    self.count = count
    self.trials = trials
    guard trials > 0 else {
      (share, low, high) = (0, 0, 1)
      return
    }
    let z = 1.959963984540054
    let n = Double(trials)
    let p = Double(count) / n
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let reach = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    share = rounded(p)
    low = count == 0 ? 0 : rounded(max(0, centre - reach))
    high = count == trials ? 1 : rounded(min(1, centre + reach))
  }
}
