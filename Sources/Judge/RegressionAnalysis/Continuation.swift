/// What more runs may do to a verdict.
package enum Continuation: String, Codable, Sendable, Equatable, CaseIterable {
  /// Nothing: a regression is confirmed, nothing moved, or no run can repair what is wrong.
  case settled
  /// A budget is not shown yet, or something leans towards a finding: the planned runs are made.
  case leaning
  /// An interval shows a worsening that no look has confirmed, be it within a budget or not: runs
  /// beyond the planned ones are worth making.
  case open

  /// What the gating metrics of a look ask for.
  /// - Parameters:
  ///   - metrics: all of the look.
  ///   - isHeldBack: whether a gating metric has a slower mode which the reference has not, or a
  ///     fixed limit is not known to be kept.
  ///   - runs: of the smaller arm.
  init(_ metrics: [MetricVerdict], isHeldBack: Bool = false, runs: Int) {
    let gating = metrics.filter { $0.gating && !$0.isWaived }
    let isBlocked = gating.contains { $0.blocking && $0.isMeasured }
    if gating.contains(where: \.isOpen) {
      self = .open
    } else if isBlocked || isHeldBack || gating.contains(where: \.isLeaning)
      || runs < LookLevels.firstPass
    {
      self = .leaning
    } else {
      self = .settled
    }
  }

  /// Whether an experiment continues.
  /// - Parameters:
  ///   - runs: per arm that are made.
  ///   - planned: per arm, unless it is settled before.
  ///   - most: per arm, where something is left open.
  /// - Returns: false when the verdict stands.
  package func goesOn(runs: Int, planned: Int, most: Int) -> Bool {
    switch self {
    case .settled: false
    case .leaning: runs < planned
    case .open: runs < max(planned, most)
    }
  }
}
