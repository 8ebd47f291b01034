import Foundation
import RegressionAnalysis

/// What an experiment will cost and find, reported before it begins.
package struct PlanReport: Sendable, Equatable {
  /// How long it takes.
  package struct Time: Sendable, Equatable {
    /// Until the first look.
    package var first: Duration
    /// The planned runs.
    package var planned: Duration
    /// As many runs as there may be.
    package var most: Duration

    package init(first: Duration, planned: Duration, most: Duration) {
      self.first = first
      self.planned = planned
      self.most = most
    }
  }

  /// Such as `in turn`.
  package var layout: String
  /// Planned runs per arm.
  package var runs: Int
  /// Runs per arm after which the verdict is looked at.
  package var looks: [Int]
  /// Runs per arm at most.
  package var mostRuns: Int
  /// Nil when nothing is known.
  package var time: Time?
  /// What the time is known from, such as `from 12 earlier runs`.
  package var source: String
  /// Nil when nothing is known of the bench's noise.
  package var forecast: DesignForecast?
  /// Nil where the suite or the user says how many.
  package var iterations: IterationChoice?
  /// Nil when no run shows it.
  package var events: ExpectedEvents?

  package init(
    layout: String, runs: Int, looks: [Int], mostRuns: Int, time: Time?, source: String,
    forecast: DesignForecast?, iterations: IterationChoice? = nil, events: ExpectedEvents? = nil
  ) {
    self.layout = layout
    self.runs = runs
    self.looks = looks
    self.mostRuns = mostRuns
    self.time = time
    self.source = source
    self.forecast = forecast
    self.iterations = iterations
    self.events = events
  }

  package static func == (left: PlanReport, right: PlanReport) -> Bool {
    left.text(width: 200) == right.text(width: 200)
  }

  /// Cost and what can be found, a line or two each, with a newline after each line.
  package func text(width: Int) -> String {
    ([cost, chosen, finds].compactMap(\.self) + blindness + (events?.lines ?? [])).flatMap {
      wrapped($0, width: width, indent: "      ")
    }.map { $0 + "\n" }.joined()
  }

  private var cost: String {
    var text = "plan: \(runs) + \(runs) runs \(layout)"
    let first = looks.first ?? runs
    if first < runs { text += ", ended as soon as it is clear from \(first) + \(first) on" }
    if mostRuns > runs { text += ", up to \(mostRuns) + \(mostRuns) where something is left open" }
    guard let time else { return "\(text); how long a run takes is not known yet" }
    var spans = [humanSpan(time.planned)]
    if first < runs { spans.insert("\(humanSpan(time.first)) at least", at: 0) }
    if mostRuns > runs { spans.append("\(humanSpan(time.most)) at most") }
    return "\(text): \(spans.joined(separator: ", ")) (\(source))"
  }

  private var chosen: String? {
    iterations.map {
      let name = $0.statistic == .value ? $0.metric : "\($0.metric) \($0.statistic.text)"
      return "iterations: \($0.iterations) a run, chosen by cost: \(name) scatters by "
        + "\(humanShare($0.withinDeviation)) between iterations and "
        + "\(humanShare($0.runDeviation)) between runs"
    }
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
      remedy: "give it \(humanSpan(time?.planned ?? limit)) (--time-budget), or fewer --iterations")
  }

  /// The best experiment that fits, which this is a report on, would miss what it is made for.
  package func blind(limit: Duration) -> ErrorMessage {
    ErrorMessage(
      what: "in \(humanSpan(limit)) this bench cannot show the suite's budgets",
      remedy: "give it more time, raise the budgets, make the bench quieter, or check with --force",
      details: text(width: 100).split(separator: "\n").map(String.init))
  }
}
