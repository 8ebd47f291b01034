import Foundation

/// Intervals of a share that was counted.
enum BinomialInterval {
  /// The exact interval of Clopper and Pearson (1934), whose coverage is never less than asked for.
  ///
  /// - Parameters:
  ///   - hits: 0...`trials`; need not be whole, as an effective number is not.
  ///   - trials: above 0.
  ///   - level: two-sided coverage, such as 0.95.
  /// - Returns: bounds of the share, 0...1.
  static func exact(hits: Double, trials: Double, level: Double) -> ChangeInterval {
    let tail = (1 - level) / 2
    let low = hits > 0 ? betaQuantile(tail, hits, trials - hits + 1) : 0
    let high = hits < trials ? betaQuantile(1 - tail, hits + 1, trials - hits) : 1
    return ChangeInterval(low: low, high: high)
  }

  /// The interval of Korn and Graubard (1998): an exact one whose number of trials is cut to what
  /// the scatter between runs leaves of it. The run is the unit, and a defect of some boots is
  /// uncertain, however many operations they had.
  ///
  /// - Parameters:
  ///   - runs: hits and trials of each, at least one with trials.
  ///   - level: two-sided coverage.
  /// - Returns: bounds of the share; 0...1 for a single run, which says nothing of others.
  static func overRuns(_ runs: [(hits: Double, trials: Double)], level: Double) -> ChangeInterval {
    let runs = runs.filter { $0.trials > 0 }
    let trials = runs.reduce(0) { $0 + $1.trials }
    let share = runs.reduce(0) { $0 + $1.hits } / trials
    let count = Double(runs.count)
    guard runs.count > 1 else { return ChangeInterval(low: 0, high: 1) }
    // Of a ratio of sums, by the residuals of its runs.
    let squares = runs.reduce(0) { $0 + pow($1.hits - share * $1.trials, 2) }
    let variance = count / (count - 1) * squares / (trials * trials)
    let sampled = share * (1 - share)
    let scattered = variance > 0 ? min(trials, sampled / variance) : trials
    let tail = (1 - level) / 2
    let t = StudentT.upperQuantile(tail, degreesOfFreedom: max(1, trials - 1))
    let reach = StudentT.upperQuantile(tail, degreesOfFreedom: count - 1)
    let effective = scattered * (t / reach) * (t / reach)
    return exact(hits: share * effective, trials: effective, level: level)
  }

  /// The share below which a beta distribution has probability `p`, by bisection.
  private static func betaQuantile(_ p: Double, _ a: Double, _ b: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    for _ in 0..<200 {
      // A small share is known to as many digits as a large one.
      let middle = low > 0 && high / low > 4 ? (low * high).squareRoot() : (low + high) / 2
      guard middle > low, middle < high else { break }
      if incompleteBeta(middle, a, b) < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
