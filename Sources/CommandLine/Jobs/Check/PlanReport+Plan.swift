import Experiments
import RegressionAnalysis
import Reporting

extension PlanReport {
  package init(
    _ plan: ExperimentPlan, iterations: IterationChoice? = nil, events: ExpectedEvents? = nil
  ) {
    self.init(
      layout: plan.design.layout.text, runs: plan.design.runs,
      looks: plan.design.looks, mostRuns: plan.design.mostRuns,
      time: plan.time.map { PlanReport.Time(first: $0.first, planned: $0.planned, most: $0.most) },
      source: plan.cost.map { $0.runs > 0 ? "as \($0.runs) runs before" : "by the device file" }
        ?? "", forecast: plan.forecast, iterations: iterations, events: events)
  }
}

extension ErrorMessage {
  package init(_ refusal: ExperimentPlan.PlanError) {
    self =
      switch refusal {
      case .tooShort(let limit, let least): PlanReport(least).tooShort(limit: limit)
      case .blind(let limit, let best): PlanReport(best).blind(limit: limit)
      }
  }
}

extension ExperimentDesign.Layout {
  /// How the runs of both firmwares are ordered in time and on devices.
  fileprivate var text: String {
    switch self {
    case .boots: "in turn"
    case .flashes: "in turn, a flash each"
    case .crossover: "on two devices, swapped once"
    case .stored: "against stored builds"
    case .blocks: "one firmware after the other"
    }
  }
}
