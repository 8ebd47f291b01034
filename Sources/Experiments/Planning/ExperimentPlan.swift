import RegressionAnalysis
import RunRecords

/// What an experiment will cost and find, and which one a time budget allows.
package struct ExperimentPlan: Sendable, Equatable {
  package var design: ExperimentDesign
  /// Nil when nothing is known of how long runs take.
  package var cost: RunTime?
  /// Nil when nothing is known of the bench's noise.
  package var forecast: DesignForecast?

  /// Runs per arm and stage that are never gone below: fewer cannot confirm anything.
  package static let leastRuns = 3
  /// Runs per arm and stage that are never gone above.
  static let mostRuns = 32

  /// Time of the screen alone, and with the fresh runs.
  package var time: (least: Duration, most: Duration)? {
    guard let cost else { return nil }
    let screen = cost.time(of: design, .screen)
    return (screen, screen + cost.time(of: design, .confirm))
  }

  /// Why an experiment is not worth its time.
  package enum Refusal: Error, Sendable, Equatable {
    /// Not even the smallest one fits.
    case tooShort(limit: Duration, least: ExperimentPlan)
    /// The best one that fits would miss a worsening as large as the suite's budget.
    case blind(limit: Duration, best: ExperimentPlan)
  }

  /// The plan of a design as it is.
  package init(
    _ design: ExperimentDesign, cost: RunTime?, profile: NoiseProfile?, policy: VerdictPolicy
  ) {
    self.design = design
    self.cost = cost
    forecast = profile.map {
      DesignForecast(
        profile: $0, policy: policy, runs: design.screenRuns, confirmRuns: design.confirmRuns)
    }
  }

  /// The design for a time: the smallest from the given one upwards that finds a worsening as
  /// large as every budget, or the largest that fits.
  /// - Parameters:
  ///   - limit: for both stages.
  ///   - design: whose runs are changed.
  ///   - cost: of its runs.
  ///   - profile: nil = all sizes are taken as seeing.
  ///   - policy: what the suite asks for.
  ///   - allowsBlind: whether a design that misses budgets will do.
  /// - Returns: a plan that fits.
  /// - Throws: ``Refusal``.
  package static func fitting(
    _ limit: Duration, _ design: ExperimentDesign, cost: RunTime, profile: NoiseProfile?,
    policy: VerdictPolicy, allowsBlind: Bool = false
  ) throws(Refusal) -> ExperimentPlan {
    func plan(_ runs: Int) -> ExperimentPlan {
      var sized = design
      sized.screenRuns = runs
      sized.confirmRuns = design.confirmRuns == 0 ? 0 : runs
      return ExperimentPlan(sized, cost: cost, profile: profile, policy: policy)
    }
    func fits(_ plan: ExperimentPlan) -> Bool { plan.time.map { $0.most <= limit } ?? true }
    let wanted = max(leastRuns, design.screenRuns)
    var best: ExperimentPlan?
    for runs in leastRuns...mostRuns {
      let one = plan(runs)
      guard fits(one) else { break }
      best = one
      if runs >= wanted, one.forecast?.blind.isEmpty ?? true { break }
    }
    guard let best else { throw .tooShort(limit: limit, least: plan(leastRuns)) }
    if !allowsBlind, best.forecast?.blind.isEmpty == false {
      throw .blind(limit: limit, best: best)
    }
    return best
  }
}
