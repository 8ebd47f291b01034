import Foundation
import RegressionAnalysis

/// One line of the exam's tables: a plan and the bounds that its result must keep.
struct ExamCell: Sendable {
  /// What the result is held against; nil = printed only.
  enum Bound: Sendable {
    /// Unchanged builds called a regression, of 1000, at most.
    case flagged(Double)
    /// Changes found, as a share, at least; boots of both arms that the median finding may take.
    case found(Double, boots: Int? = nil)
    /// Passes, as a share, at most: what was seen is not passed.
    case passed(Double)
  }

  var title: String
  var plan: SimulationPlan
  var bound: Bound?

  /// Whether the result keeps the bound.
  func isMet(_ result: SimulationResult) -> Bool {
    switch bound {
    case nil: true
    case .flagged(let most): result.regression.share * 1000 <= most
    case .found(let least, let boots):
      (result.found?.share ?? 0) >= least
        && boots.map { (result.bootsToFind ?? .max) <= $0 } ?? true
    case .passed(let most): result.pass.share <= most
    }
  }

  /// Figures beside the title: shares, boots, and the bound.
  func columns(_ result: SimulationResult) -> [String] {
    func share(_ value: Double) -> String { String(format: "%.3f", value) }
    let shares = [share(result.pass.share), share(result.inconclusive.share)]
    let boots = plan.neverStops ? "-" : String(result.boots)
    guard plan.effect.isDefect else {
      let flagged = [result.regression.share, result.regression.low, result.regression.high]
        .map { String(format: "%.1f", $0 * 1000) }
      return ["\(flagged[0]) (\(flagged[1])-\(flagged[2]))"] + shares + [boots, boundText]
    }
    return [share(result.found?.share ?? 0)] + shares
      + [result.bootsToFind.map(String.init) ?? "-", boundText]
  }

  private var boundText: String {
    switch bound {
    case nil: ""
    case .flagged(let most): String(format: "<= %.0f", most)
    case .found(let least, nil): String(format: ">= %.2f", least)
    case .found(let least, let boots?): String(format: ">= %.2f, <= %d boots", least, boots)
    case .passed(let most): String(format: "pass <= %.2f", most)
    }
  }
}
