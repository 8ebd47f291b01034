import Foundation

/// Whether things fall into two arms in the ratio in which they should, asked as often as one likes.
///
/// Each of them is in the candidate's arm with a probability of `share` if they do. The e-value is the
/// likelihood of what was seen, averaged over a beta distribution about `share`, over that at `share`
/// itself: a martingale in the number of things.
struct SplitTest {
  let candidate: Int
  let all: Int
  let share: Double
  /// How narrow the beta distribution is: as if so many things had been seen. Large for many things
  /// that are slightly off, small for few that may be far off.
  let weight: Double

  /// - Parameters:
  ///   - candidate: things in the candidate's arm.
  ///   - all: in both.
  ///   - share: expected of the candidate's arm, between 0 and 1.
  ///   - weight: above 0.
  init(candidate: Int, of all: Int, share: Double, weight: Double) {
    self.candidate = candidate
    self.all = all
    self.share = share
    self.weight = weight
  }

  /// The e-value against `share`; 1 when nothing was seen.
  var evidence: Double { exp(min(logEvidence(against: share), 690)) }

  /// The largest share of the candidate's arm that is not refuted at this level, over all looks.
  func upperShare(error: Double) -> Double {
    guard all > 0 else { return 1 }
    var low = max(Double(candidate) / Double(all), share * 1e-6)
    var high = 1.0
    if low >= 1 { return 1 }
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if logEvidence(against: middle) < -log(error) { low = middle } else { high = middle }
    }
    return high
  }

  private func logEvidence(against p: Double) -> Double {
    guard all > 0, p > 0 else { return 0 }
    guard p < 1 else { return candidate == all ? 0 : .infinity }
    let (x, n) = (Double(candidate), Double(all))
    let (a, b) = (weight * share, weight * (1 - share))
    return logBeta(a + x, b + n - x) - logBeta(a, b) - x * log(p) - (n - x) * log1p(-p)
  }

  private func logBeta(_ a: Double, _ b: Double) -> Double { lgamma(a) + lgamma(b) - lgamma(a + b) }
}
