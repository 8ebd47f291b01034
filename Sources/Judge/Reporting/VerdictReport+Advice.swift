import RegressionAnalysis

extension VerdictReport {
  /// What to do, most useful first; after a pass too, so that no report ends without an answer.
  var nextSteps: [String] {
    guard outcome == .pass, next.isEmpty else { return next }
    return [
      isExcused
        ? "nothing to do now: what does not hold is waived, until its waiver expires"
        : "nothing to do: every budget of the suite holds"
    ]
  }

  /// Whether a waiver covers a budget that is not shown to hold, or a deadline that is not known to be
  /// kept.
  private var isExcused: Bool {
    rows.contains { $0.isGating && $0.isWaived }
      || (deadlines ?? []).contains { $0.isWaived && !$0.isMet }
  }

  /// What to do about the cause of a verdict that is no pass; nil where rows, probes or the cause
  /// itself say it.
  func remedy(of cause: FailureCause) -> String? {
    switch cause {
    case .regression, .probeLost, .mixedProbes, .budgetOpen, .deviceUnavailable, .gateFailed: nil
    case .shapeChanged:
      leadShape.map { shape in
        let place = shape.metric.split(separator: "@").dropFirst().last.map { " in phase \($0)" }
        return "look into what takes \(humanValue(shape.mode, unit: shape.unit)) in "
          + "\(title(of: shape.metric))\(place ?? "")"
      }
    case .deadlineMissed:
      leadDeadline.map { one in
        "find what took \(humanTime(nanoseconds: Double(one.candidate?.worst ?? one.limit))) in "
          + "\(fullTitle(of: one.metric)); where the reference is no better, the limit may be wrong"
      }
    case .deadlineOpen:
      "make more runs, or more operations in each: a small share is known by many of them only"
    case .invalidRun: "remove what made the run invalid, and make the check anew"
    case .invalidData:
      "find out why operations were lost, or measure fewer probes at once, and make the check anew"
    case .overhead:
      "measure fewer probes, or let the suite allow more overhead; 'latgate probes' lists their cost"
    case .conditions:
      "let the bench come to rest: temperature, frequency limits, other load ('latgate doctor "
        + "--device DEVICE'); then make the check anew"
    case .sentinel:
      "inspect the bench: what no firmware can change moved; 'latgate calibrate' shows whether it "
        + "may gate"
    case .unqualifiedBench: "lower the bench's noise, and calibrate it again ('latgate calibrate')"
    case .weakEvidence:
      "flash each firmware more often, or choose a --design that the suite accepts"
    case .nothingMeasured:
      "let the workload do more of what is too rare, or take that metric out of the suite's "
        + "'gates'"
    }
  }

  /// The change of shape that keeps a firmware from passing; nil where something else decided.
  var leadShape: Shape? {
    guard failure == FailureCause.shapeChanged.rawValue else { return nil }
    return shapes.filter { $0.isCertain && $0.isWorse }
      .max { $0.candidate - $0.reference < $1.candidate - $1.reference }
  }

  /// Relative change of a rate from which on it is worth a sentence of its own.
  private static let strikingRate = 0.1

  /// What happens more or less often than with the reference; nil where nothing strikes. A rate
  /// decides nothing: that a firmware does more is no latency.
  var rateRemark: String? {
    let moved = rows.filter { row in
      guard row.statistic == Statistic.rate.text, let change = row.change, let lower = row.lower,
        let upper = row.upper
      else { return false }
      return abs(change) >= Self.strikingRate && (lower > 0 || upper < 0)
    }
    guard let first = moved.max(by: { abs($0.change ?? 0) < abs($1.change ?? 0) }) else {
      return nil
    }
    let more = moved.count > 1 ? ", and \(counted(moved.count - 1, "more rate")) moved" : ""
    let change = first.change ?? 0
    let size = largeShare(abs(change))
    let amount =
      size.hasSuffix("times") ? "\(size) as many" : "\(size) \(change < 0 ? "fewer" : "more")"
    return "\(title(of: first.metric)): \(amount) events\(more)"
  }
}
