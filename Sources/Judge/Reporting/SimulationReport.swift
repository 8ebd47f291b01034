import Foundation
import RegressionAnalysis

/// What a simulation says, for people and for machines.
package struct SimulationReport: Sendable {
  private let result: SimulationResult

  package init(_ result: SimulationResult) { self.result = result }

  /// The plan, how the experiments ended, and what that means.
  package func text(width: Int, style: TextStyle) -> String {
    let plan = result.plan
    let bench = plan.bench
    var table = TextTable(columns: [
      .init(title: "experiments that"), .init(title: "share", alignment: .right),
      .init(title: "95% interval", alignment: .right), .init(title: "count", alignment: .right),
    ])
    func add(_ title: String, _ proportion: Proportion?) {
      guard let proportion else { return }
      table.add(
        .init(title), .init(humanShare(proportion.share)),
        .init("\(humanShare(proportion.low)) - \(humanShare(proportion.high))"),
        .init("\(proportion.count)/\(proportion.trials)"))
    }
    let isUnchanged = !plan.effect.isDefect
    add("found the change", result.found)
    add(isUnchanged ? "called it a regression (false alarm)" : "regression", result.regression)
    if !isUnchanged { add("blamed something unchanged", result.misnamed) }
    add("pass", result.pass)
    add("inconclusive", result.inconclusive)
    add("saw an improvement", result.improvement)
    let lines =
      [
        "bench      \(deviation(bench.bootDeviation)) between boots, "
          + "\(deviation(bench.iterationDeviation)) between iterations (median; p99 "
          + "\(threeDigits(bench.quantileFactors.last ?? 1)) times that)",
        "layout     boots in turn, a look after each pair, \(plan.runs)+\(plan.runs) planned, "
          + "\(plan.mostRuns)+\(plan.mostRuns) at most, \(bench.iterations) iterations each",
        "boots      \(result.boots) in the median experiment\(toFind)",
        "metrics    \(bench.metrics) histograms, \(result.comparisons) comparisons",
        "candidate  \(candidate)", "profile    \(profile)", "",
      ] + table.lines(width: width, style: style)
    return lines.map { $0 + "\n" }.joined()
  }

  /// The result as it is, schema `latgate.simulation/2`; equal plans give equal bytes.
  package func json() throws -> Data { try encodedJSON(result) }

  private var candidate: String {
    let effect = result.plan.effect
    if let modes = effect.modes {
      let place = modes.wholeDistribution ? "all quantiles" : "p90"
      return "\(humanShare(modes.share)) of \(modes.unit.rawValue) "
        + "\(threeDigits(modes.factor)) times slower in \(place) of "
        + counted(modes.metrics, "histogram")
    }
    if effect.shift == 0 { return effect.noise == 1 ? "unchanged" : "noisier" }
    let what = effect.part == .p50 ? "all quantiles" : "p99 alone"
    return "\(humanChange(effect.shift)) in \(what) of \(effect.metrics) histogram"
      + (effect.metrics == 1 ? "" : "s")
  }

  private var toFind: String {
    result.bootsToFind.map { ", \($0) in the median one that found the change" } ?? ""
  }

  private var profile: String {
    guard let factor = result.plan.profileFactor else { return "none: learnt from the runs alone" }
    return factor == 1
      ? "the bench's true noise" : "believes \(threeDigits(factor)) times less noise"
  }

  private func deviation(_ value: Double) -> String { threeDigits(value * 100) + "%" }
}
