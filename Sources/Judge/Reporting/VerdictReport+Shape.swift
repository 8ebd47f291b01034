import RegressionAnalysis

extension VerdictReport {
  /// A metric whose distribution has a mode in one arm that the other arm does not have.
  package struct Shape: Sendable, Equatable, Encodable {
    /// ``MetricID/text``.
    package var metric: String
    package var unit: String
    /// Modes of each arm.
    package var referenceModes: Int
    package var candidateModes: Int
    /// Where the mode in question peaks, in `unit`.
    package var mode: Double
    /// Values between the valleys beside it, in `unit`.
    package var from: Double
    package var to: Double
    /// Share of operations in it, 0...1.
    package var reference: Double
    package var candidate: Double
    /// Interval of candidate - reference, over runs.
    package var lower: Double
    package var upper: Double
    /// Whether the candidate's operations take longer there.
    package var isWorse: Bool
    /// Whether runs agree so well that it keeps a firmware from passing.
    package var isCertain: Bool
    /// In words.
    package var text: String
  }
}

extension VerdictReport.Shape {
  init?(_ verdict: MetricVerdict) {
    guard let shape = verdict.shape else { return nil }
    self.init(
      metric: verdict.id.text, unit: verdict.id.unit, referenceModes: shape.referenceModes,
      candidateModes: shape.candidateModes, mode: shape.mode, from: shape.from, to: shape.to,
      reference: shape.reference, candidate: shape.candidate, lower: shape.interval.low,
      upper: shape.interval.high, isWorse: shape.isWorse, isCertain: shape.isCertain, text: "")
    text = sentence
  }

  /// `one mode became two: 12% (9.1% … 15%) of operations moved to 4 ms`.
  private var sentence: String {
    let place = humanValue(mode, unit: unit)
    let share = humanShare(abs(candidate - reference))
    let before = "\(word(referenceModes)) \(referenceModes == 1 ? "mode" : "modes")"
    let became =
      switch (referenceModes, candidateModes) {
      case (1, 1): "its one mode lies elsewhere"
      case let (old, new) where old == new: "one of its \(before) lies elsewhere"
      default: "\(before) became \(word(candidateModes))"
      }
    return "\(became): \(share) (\(bounds)) of operations moved "
      + "\(candidate > reference ? "to" : "away from") \(place)"
  }

  /// `9.1% … 15%`: ``lower`` and ``upper`` as shares that moved where most did.
  var bounds: String {
    let ends = candidate >= reference ? [lower, upper] : [-upper, -lower]
    return ends.map { ($0 < 0 ? "-" : "") + humanShare(abs($0)) }.joined(separator: " … ")
  }

  private func word(_ count: Int) -> String {
    let names = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    return names.indices.contains(count) ? names[count] : "\(count)"
  }
}
