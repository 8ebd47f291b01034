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
}
