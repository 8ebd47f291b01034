import RegressionAnalysis
import RunRecords

extension VerdictReport {
  /// What both arms counted, beside what is judged: a counter's sum, or a table's rows, per second of
  /// open windows.
  package struct CountedRate: Sendable, Equatable, Encodable {
    /// Over the runs of an arm.
    package struct Spread: Sendable, Equatable, Encodable {
      package var median: Double
      package var lowest: Double
      package var highest: Double
    }

    /// ``MetricID/text``.
    package var metric: String
    /// Of a second's count.
    package var unit: String
    /// Nil where no run of the arm has it.
    package var reference: Spread?
    package var candidate: Spread?
  }

  /// Nil where no metric of the runs counts.
  static func countedRates(_ reference: [RunRecord], _ candidate: [RunRecord]) -> [CountedRate]? {
    let (old, new) = (rates(reference), rates(candidate))
    let found = Set(old.keys).union(new.keys).sorted { ($0.text, $0.unit) < ($1.text, $1.unit) }
      .map { id in
        CountedRate(
          metric: id.text, unit: id.unit, reference: old[id].flatMap(CountedRate.Spread.init),
          candidate: new[id].flatMap(CountedRate.Spread.init))
      }
    return found.isEmpty ? nil : found
  }

  private struct RateID: Hashable {
    var text: String
    var unit: String
  }

  /// Of each run that has the metric.
  private static func rates(_ records: [RunRecord]) -> [RateID: [Double]] {
    var rates: [RateID: [Double]] = [:]
    for record in records {
      for counter in RunReport.counters(record) {
        rates[RateID(text: counter.metric, unit: counter.unit), default: []]
          .append(counter.perSecond)
      }
      for events in RunReport.events(record) {
        rates[RateID(text: events.metric, unit: "{rows}"), default: []].append(events.perSecond)
      }
    }
    return rates
  }
}

extension VerdictReport.CountedRate.Spread {
  fileprivate init?(_ values: [Double]) {
    guard let lowest = values.min(), let highest = values.max() else { return nil }
    self.init(
      median: RegressionAnalysis.median(values) ?? 0, lowest: lowest, highest: highest)
  }

  /// `750 {faults}, 740 … 761 over runs`.
  func text(unit: String) -> String {
    let middle = humanValue(median, unit: unit)
    guard lowest < highest else { return middle }
    return "\(middle) (\(humanValue(lowest, unit: "")) … \(humanValue(highest, unit: "")))"
  }
}

extension VerdictPage {
  /// Counters and rows of both arms, which nothing is decided by.
  var rates: Markup {
    guard let rates = report.rates else { return .group([]) }
    let rows = rates.prefix(Self.mostRows).map { one in
      [
        one.metric, one.reference?.text(unit: one.unit) ?? "–",
        one.candidate?.text(unit: one.unit) ?? "–",
      ]
    }
    return .tag(
      "section", [:],
      [
        .tag("h2", text: "Counted"),
        Self.factTable(
          ["metric", "reference", "candidate"], rows,
          caption: "Per second of open windows: median over runs (lowest … highest); decides "
            + "nothing unless the suite's gates name it"),
      ])
  }
}
