import Foundation

/// Both stages of one series together.
struct Comparison {
  let screen: StageFit
  /// Nil when no fresh runs were made, or none told this metric.
  let confirm: StageFit?
  /// Weighted by what the runs of each stage can tell, not by their noise.
  let delta: Double
  /// Standard error of ``delta``.
  let error: Double
  let degreesOfFreedom: Double
  /// Part of the squared error that more runs do not reduce.
  let shared: Double
  /// Mean moderated variance of a run.
  let runVariance: Double

  /// Whether both stages compare with the same stored builds.
  private let sharesReference: Bool

  init(screen: StageFit, confirm: StageFit?, sharesReference: Bool = false) {
    self.screen = screen
    self.confirm = confirm
    self.sharesReference = sharesReference
    let stages = [screen] + (confirm.map { [$0] } ?? [])
    let total = stages.reduce(0) { $0 + 1 / $1.leverage }
    let weights = stages.map { 1 / $0.leverage / total }
    let parts = zip(stages, weights).map { $1 * $1 * $0.moderatedVariance * $0.leverage }
    delta = zip(stages, weights).reduce(0) { $0 + $1.0.delta * $1.1 }
    shared = zip(stages, weights).reduce(0) { $0 + $1.0.shared * $1.1 }
    let own = parts.reduce(0, +)
    error =
      sharesReference && confirm != nil
      ? stages.map(\.error).max() ?? 0 : (own + shared).squareRoot()
    // Satterthwaite.
    let spread = zip(stages, parts).reduce(0) { $0 + $1.1 * $1.1 / $1.0.moderatedDegrees }
    degreesOfFreedom = spread > 0 ? own * own / spread : screen.moderatedDegrees
    runVariance = zip(stages, weights).reduce(0) { $0 + $1.0.moderatedVariance * $1.1 }
  }

  /// Stouffer's combination of the stages; the screen's own p without a confirm stage. Stages that
  /// share their reference tell no more together than the weaker one.
  var p: Double {
    guard let confirm else { return screen.p }
    if sharesReference { return max(screen.p, confirm.p) }
    let (a, b) = (1 / screen.leverage, 1 / confirm.leverage)
    let z = (a.squareRoot() * screen.z + b.squareRoot() * confirm.z) / (a + b).squareRoot()
    return min(1, 2 * NormalDistribution.upperTail(abs(z)))
  }

  /// The t value with probability `p` above it.
  func t(_ p: Double) -> Double {
    StudentT.upperQuantile(p, degreesOfFreedom: degreesOfFreedom)
  }

  /// Runs per arm with which a shift of `margin` would be told with 80% power, or nil above `most`.
  func runsNeeded(margin: Double, tail: Double, most: Int) -> Int? {
    guard margin > 0, most >= 2 else { return nil }
    let extra = max(0, degreesOfFreedom - 2 * Double(screen.runs + (confirm?.runs ?? 0)) + 3)
    func suffices(_ runs: Int) -> Bool {
      let degrees = extra + Double(max(1, 2 * runs - 3))
      let reach =
        StudentT.upperQuantile(tail, degreesOfFreedom: degrees)
        + StudentT.upperQuantile(0.2, degreesOfFreedom: degrees)
      return reach * (runVariance * 2 / Double(runs) + shared).squareRoot() <= margin
    }
    // More runs never tell less, so halving finds the least number that suffices.
    guard suffices(most) else { return nil }
    var (low, high) = (2, most)
    while low < high {
      let middle = (low + high) / 2
      if suffices(middle) { high = middle } else { low = middle + 1 }
    }
    return high
  }
}
