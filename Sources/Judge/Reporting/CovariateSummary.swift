import RunRecords

/// One covariate over the judged iterations of some runs.
package struct CovariateSummary: Sendable, Equatable, Encodable {
  /// Key of ``IterationRecord/covariates``; it ends in the unit.
  package var name: String
  package var mean: Double
  package var lowest: Double
  package var highest: Double

  package init(name: String, mean: Double, lowest: Double, highest: Double) {
    self.name = name
    self.mean = mean
    self.lowest = lowest
    self.highest = highest
  }

  /// Those of all judged iterations, by name.
  static func all(_ records: [RunRecord]) -> [CovariateSummary] {
    var values: [String: [Double]] = [:]
    for iteration in records.flatMap(\.iterations) where iteration.isJudged {
      for (name, value) in iteration.covariates where value.isFinite {
        values[name, default: []].append(value)
      }
    }
    return values.sorted { $0.key < $1.key }.map { name, values in
      // Sorted, so that the sum does not depend on the order of runs.
      let sorted = values.sorted()
      return CovariateSummary(
        name: name, mean: sorted.reduce(0, +) / Double(sorted.count), lowest: sorted.first ?? 0,
        highest: sorted.last ?? 0)
    }
  }

  /// What a text shows, in this order; a document has all.
  static let shown: [(name: String, title: String)] = [
    (Covariate.speed, "machine speed"), (Covariate.frequencyLimit, "CPU limit"),
    (Covariate.throttle, "throttle state"), (Covariate.temperature, "temperature"),
    (Covariate.battery, "battery"), (Covariate.background, "background CPU"),
    (Covariate.memoryPressure, "memory pressure"),
  ]

  /// `31.2 C`, or `31.2 … 33 C` where it moved.
  var text: String {
    let low = Self.number(lowest, name)
    let high = Self.number(highest, name)
    let range = low == high ? low : "\(low) … \(high)"
    let unit = Self.unit(name)
    return range + (unit.isEmpty || unit == "%" ? unit : " \(unit)")
  }

  /// A covariate's value in ``unit(_:)``.
  static func shownValue(_ value: Double, _ name: String) -> Double {
    name.hasSuffix("_share") ? value * 100 : name.hasSuffix("_khz") ? value / 1000 : value
  }

  private static func number(_ value: Double, _ name: String) -> String {
    let text = "\((shownValue(value, name) * 10).rounded() / 10)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// The unit that a covariate is shown in; empty where it has none.
  static func unit(_ name: String) -> String {
    let units = [
      "_loops_per_us": "loops/us", "_khz": "MHz", "_celsius": "C", "_percent": "%",
      "_share": "%",
    ]
    return units.first { name.hasSuffix($0.key) }?.value ?? ""
  }
}
