import Foundation
import RegressionAnalysis

/// What an experiment will cost and find, told before it begins.
package struct PlanReport: Sendable, Equatable {
  /// Such as `in turn`.
  package var layout: String
  /// Runs per arm.
  package var screenRuns: Int
  package var confirmRuns: Int
  /// Time of the screen, and of both stages; nil when nothing is known.
  package var time: (least: Duration, most: Duration)?
  /// What the time is known from, such as `from 12 earlier runs`.
  package var source: String
  /// Nil when nothing is known of the bench's noise.
  package var forecast: DesignForecast?

  package init(
    layout: String, screenRuns: Int, confirmRuns: Int, time: (least: Duration, most: Duration)?,
    source: String, forecast: DesignForecast?
  ) {
    self.layout = layout
    self.screenRuns = screenRuns
    self.confirmRuns = confirmRuns
    self.time = time
    self.source = source
    self.forecast = forecast
  }

  package static func == (left: PlanReport, right: PlanReport) -> Bool {
    left.text(width: 200) == right.text(width: 200)
  }

  /// Cost and what can be found, a line or two each, with a newline after each line.
  package func text(width: Int) -> String {
    ([cost, finds].compactMap(\.self) + blindness).flatMap {
      wrapped($0, width: width, indent: "      ")
    }.map { $0 + "\n" }.joined()
  }

  private var cost: String {
    let runs =
      "plan: \(screenRuns) + \(screenRuns) runs \(layout)"
      + (confirmRuns > 0
        ? ", \(confirmRuns) + \(confirmRuns) fresh ones where something moved" : "")
    guard let time else { return "\(runs); nobody knows yet how long a run takes" }
    let span =
      confirmRuns > 0
      ? "\(humanSpan(time.least)), or \(humanSpan(time.most)) with the fresh ones"
      : humanSpan(time.least)
    return "\(runs): \(span) (\(source))"
  }

  private var finds: String? {
    guard let forecast else {
      return "finds: unknown before the bench's noise is (latgate calibrate, or a check before)"
    }
    guard !forecast.entries.isEmpty else { return nil }
    return "finds: with 80% power, worse by "
      + classes(forecast.entries).map { name, entries in
        let parts = entries.map {
          ($0.statistic == .value ? "" : "\($0.statistic.text) ") + detectable($0.detects)
        }
        return "\(name) \(parts.joined(separator: ", "))"
      }.joined(separator: "; ")
  }

  private var blindness: [String] {
    let blind = forecast?.blind ?? []
    guard !blind.isEmpty else { return [] }
    return [
      "blind: budgets are smaller than that for "
        + classes(blind).map { name, entries in
          let parts = entries.map {
            ($0.statistic == .value ? "" : "\($0.statistic.text) ") + humanShare($0.budget)
          }
          return "\(name) \(parts.joined(separator: ", "))"
        }.joined(separator: "; ")
    ]
  }

  private func detectable(_ change: Double?) -> String { change.map(humanShare) ?? "nothing" }

  /// By the metric's name, the worst of each statistic.
  private func classes(
    _ entries: [DesignForecast.Entry]
  ) -> [(name: String, entries: [DesignForecast.Entry])] {
    let groups = Dictionary(grouping: entries) { String($0.metric.prefix { !"{@".contains($0) }) }
    return groups.sorted { $0.key < $1.key }.map { name, members in
      let worst = Dictionary(grouping: members, by: \.statistic).compactMapValues { same in
        same.max { ($0.detects ?? .infinity) < ($1.detects ?? .infinity) }
      }
      return (name, worst.values.sorted { $0.statistic < $1.statistic })
    }
  }

  // MARK: Refusals

  /// The smallest experiment, which this is a report on, takes longer than allowed.
  package func tooShort(limit: Duration) -> ErrorMessage {
    ErrorMessage(
      what: "\(humanSpan(limit)) are too short: \(cost.dropFirst("plan: ".count))",
      remedy: "give it \(humanSpan(time?.most ?? limit)) (--time-budget), or fewer --iterations")
  }

  /// The best experiment that fits, which this is a report on, would miss what it is made for.
  package func blind(limit: Duration) -> ErrorMessage {
    ErrorMessage(
      what: "in \(humanSpan(limit)) this bench cannot show the suite's budgets",
      remedy: "give it more time, raise the budgets, make the bench quieter, or check with --force",
      details: text(width: 100).split(separator: "\n").map(String.init))
  }
}
