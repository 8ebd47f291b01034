/// By how much a share of operations differs between the arms, by Welch's test over runs; runs scatter
/// at least as much as the number of their operations allows.
struct ShareDifference {
  /// Mean over runs, 0...1.
  let reference: Double
  let candidate: Double
  /// Of candidate - reference, -1...1.
  let interval: ChangeInterval
  /// Two-sided.
  let p: Double

  var delta: Double { candidate - reference }

  /// Nil where an arm has fewer than two runs.
  /// - Parameters:
  ///   - reference: hits and trials of each run; runs have trials.
  ///   - candidate: the same.
  ///   - level: two-sided coverage of ``interval``.
  init?(
    reference: [(hits: Double, trials: Double)], candidate: [(hits: Double, trials: Double)],
    level: Double
  ) {
    let arms = [reference, candidate]
    guard arms.allSatisfy({ $0.count > 1 }) else { return nil }
    let shares = arms.map { runs in runs.map { (value: $0.hits / $0.trials, events: $0.trials) } }
    let overall = shares.joined().map(\.value).reduce(0, +) / Double(shares.joined().count)
    let parts = shares.map { runs -> (mean: Double, error: Double, degrees: Double) in
      let mean = runs.map(\.value).reduce(0, +) / Double(runs.count)
      let squares = runs.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) }
      let sampling =
        runs.reduce(0) { $0 + overall * (1 - overall) / $1.events } / Double(runs.count)
      let variance = max(squares / Double(runs.count - 1), sampling)
      return (mean, variance / Double(runs.count), Double(runs.count - 1))
    }
    let delta = parts[1].mean - parts[0].mean
    let squared = parts[0].error + parts[1].error
    let error = squared.squareRoot()
    let spread = parts.reduce(0) { $0 + $1.error * $1.error / $1.degrees }
    let degrees = spread > 0 ? squared * squared / spread : .infinity
    let reach = StudentT.upperQuantile((1 - level) / 2, degreesOfFreedom: degrees) * error
    self.reference = parts[0].mean
    self.candidate = parts[1].mean
    interval = ChangeInterval(low: max(-1, delta - reach), high: min(1, delta + reach))
    // Runs that do not scatter at all differ for sure, or not at all.
    p =
      error > 0
      ? 2 * StudentT.upperTail(abs(delta) / error, degreesOfFreedom: degrees) : delta == 0 ? 1 : 0
  }
}
