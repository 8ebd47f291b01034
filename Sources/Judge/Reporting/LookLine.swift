import RegressionAnalysis

/// What a look at an unfinished check saw, in a line.
package struct LookLine: Sendable, Equatable {
  private let verdict: Verdict
  private let runs: Int
  private let goesOn: Bool

  /// - Parameters:
  ///   - verdict: of all runs so far.
  ///   - runs: per arm.
  ///   - goesOn: whether more runs are made.
  package init(_ verdict: Verdict, runs: Int, goesOn: Bool) {
    self.verdict = verdict
    self.runs = runs
    self.goesOn = goesOn
  }

  /// Without a newline.
  package var text: String { "after \(runs) + \(runs) runs: \(state)" }

  private func lowest(_ metric: MetricVerdict) -> Double { metric.interval?.low ?? 0 }

  private var state: String {
    let gating = verdict.metrics.filter { $0.gating && !$0.isWaived }
    if !goesOn { return verdict.outcome.rawValue }
    let open = gating.filter(\.isOpen).sorted { lowest($0) > lowest($1) }
    if let first = open.first {
      return "\(first.id.text) \(first.statistic.text) looks worse by "
        + "\(humanChange(first.change ?? 0)), not confirmed yet"
        + (open.count > 1 ? "; so do \(open.count - 1) more" : "")
    }
    let unshown = gating.count { $0.blocking }
    if unshown > 0 { return "\(counted(unshown, "statistic")) not under budget yet" }
    let leaning = gating.count(where: \.isLeaning)
    return leaning > 0
      ? "\(counted(leaning, "statistic")) may have moved" : "nothing moved so far"
  }
}
