import RegressionAnalysis
import RunRecords

/// What an experiment will cost and find, and which one a time budget allows.
package struct ExperimentPlan: Sendable, Equatable {
  package var design: ExperimentDesign
  /// Nil when nothing is known of how long runs take.
  package var cost: RunTime?
  /// Nil when nothing is known of the bench's noise.
  package var forecast: DesignForecast?

  /// Fewest runs per arm: fewer show the largest changes only.
  package static let leastRuns = 6
  /// Most runs per arm.
  static let mostRuns = 64

  /// Time until the first look, of the planned runs, and of as many as there may be.
  package struct Time: Sendable, Equatable {
    package var first: Duration
    package var planned: Duration
    package var most: Duration
  }

  /// Nil when nothing is known.
  package var time: Time? {
    guard let cost else { return nil }
    return Time(
      first: cost.time(of: design, runs: design.looks.first ?? design.runs),
      planned: cost.time(of: design, runs: design.runs),
      most: cost.time(of: design, runs: design.mostRuns))
  }

  /// Why an experiment is not worth its time.
  package enum PlanError: Error, Sendable, Equatable {
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
        profile: $0, policy: policy, runs: design.runs)
    }
  }

  /// The design for a time: the smallest from the given one upwards that finds a worsening as
  /// large as every budget, or the largest that fits.
  /// - Parameters:
  ///   - limit: for the planned runs; those beyond are made while there is time.
  ///   - design: whose runs are changed.
  ///   - cost: of its runs.
  ///   - profile: nil = all sizes are taken to find enough.
  ///   - policy: what the suite asks for.
  ///   - allowsBlind: whether a design that misses budgets will do.
  /// - Returns: a plan that fits.
  /// - Throws: ``PlanError``.
  package static func fitting(
    _ limit: Duration, _ design: ExperimentDesign, cost: RunTime, profile: NoiseProfile?,
    policy: VerdictPolicy, allowsBlind: Bool = false
  ) throws(PlanError) -> ExperimentPlan {
    func plan(_ runs: Int) -> ExperimentPlan {
      var sized = design
      sized.runs = runs
      sized.mostRuns = max(runs, design.mostRuns)
      return ExperimentPlan(sized, cost: cost, profile: profile, policy: policy)
    }
    func fits(_ plan: ExperimentPlan) -> Bool { plan.time.map { $0.planned <= limit } ?? true }
    let wanted = max(leastRuns, design.runs)
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
