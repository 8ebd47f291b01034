/// How many statistics a screen flagged as worse and as better.
///
/// On a sound bench unchanged builds are flagged in both directions alike. A bench that mostly
/// says "worse" treats the candidate differently: it is always flashed last, warmer, or fuller.
package struct FlagBalance: Codable, Sendable, Equatable {
  package var worse: Int
  package var better: Int

  package init(worse: Int = 0, better: Int = 0) {
    self.worse = worse
    self.better = better
  }

  /// The direction of most flags: +1 worse, -1 better, 0 neither.
  package var lean: Int { (worse - better).signum() }

  /// Probability that experiments without a change lean as unevenly as these, two-sided.
  ///
  /// Each experiment has one vote, however many statistics it flagged: those of one experiment
  /// share its boots.
  /// - Parameter experiments: independent ones, without known changes.
  /// - Returns: 0...1; 1 without a vote.
  package static func imbalance(of experiments: [FlagBalance]) -> Double {
    let votes = experiments.map(\.lean).filter { $0 != 0 }
    let worse = votes.filter { $0 > 0 }.count
    let extreme = max(worse, votes.count - worse)
    guard 2 * extreme > votes.count else { return 1 }
    // Half and half, counted exactly: C(n, k) / 2^n by its running product.
    var term = 1.0
    for _ in votes { term /= 2 }
    var tail = 0.0
    for k in 0...votes.count {
      if k >= extreme { tail += term }
      term *= Double(votes.count - k) / Double(k + 1)
    }
    return min(1, 2 * tail)
  }
}
