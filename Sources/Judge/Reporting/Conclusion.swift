import RegressionAnalysis

/// What a verdict comes to, as answers to the questions that its reader has. Every format for people
/// leads with it.
struct Conclusion {
  /// `Regression`, `Pass`, …
  let word: String
  /// One sentence: what, where, how much.
  let sentence: String
  /// The answers one by one, each under its question; those without an answer are left out.
  let answers: [(question: String, answer: String)]

  init(_ report: VerdictReport) {
    word =
      report.leadDeadline != nil
      ? Self.missed : Self.words[report.outcome] ?? report.outcome.rawValue
    let lead = report.lead
    sentence = Self.sentence(report, lead)
    var answers: [(String, String)] = []
    if let row = lead {
      answers.append(("What", "\(report.title(of: row.metric)), \(row.statistic)"))
      answers.append(("Where", Self.place(row.metric, report)))
      answers.append(("How much", Self.amount(row)))
    } else if let shape = report.leadShape {
      answers.append(("What", "\(report.title(of: shape.metric)), shape of the distribution"))
      answers.append(("Where", Self.place(shape.metric, report)))
      answers.append(("How much", shape.text))
    } else if let deadline = report.leadDeadline {
      answers.append(("What", "\(report.title(of: deadline.metric)), its deadline"))
      answers.append(("Where", Self.place(deadline.metric, report)))
      answers.append(("How much", deadline.text))
    } else if let limit = report.budgetLimit {
      answers.append(("What", limit.what))
      answers.append(("Where", Self.place(limit.metric, report)))
      answers.append(("How much", limit.amount))
    } else {
      answers.append(("Where", "suite \(report.suite), device \(report.target)"))
    }
    if let remark = report.rateRemark { answers.append(("How often", remark)) }
    answers.append(("How sure", Self.certainty(report, lead)))
    answers.append(("Since", Self.since(report)))
    if let owner = report.owner { answers.append(("Who acts", Self.owners[owner] ?? owner)) }
    if let doubt = report.doubt { answers.append(("Not proven", doubt)) }
    self.answers = answers.map { (question: $0.0, answer: $0.1) }
  }

  private static let words: [VerdictReport.Outcome: String] = [
    .pass: "Pass", .regression: "Regression", .inconclusive: "Inconclusive", .invalid: "Invalid",
  ]

  /// A fixed limit may be missed without any change since the reference.
  static let missed = "Deadline missed"

  private static let owners = [
    "firmware": "the firmware's owners: the build caused it",
    "rack": "the bench's owners: device, host or suite, not the build",
  ]

  private static func sentence(_ report: VerdictReport, _ lead: VerdictReport.Row?) -> String {
    guard let row = lead, !report.isExplainedByTheBench else {
      let shape = report.leadShape.map { report.sentence($0, report.fullTitle(of: $0.metric)) }
      let deadline = report.leadDeadline.map {
        report.sentence($0, report.fullTitle(of: $0.metric))
      }
      return (shape ?? deadline ?? report.sentence) + "."
    }
    let what = report.fullTitle(of: row.metric)
    if report.outcome == .inconclusive {
      // What is seen comes first; why it does not count is an answer of its own.
      return "\(what) looks worse on \(report.candidate.name), but that is not proven: "
        + "\(row.statistic) \(amount(row))."
    }
    let more = report.rows.count { $0.isRegression } - 1
    let rest = more > 0 ? ", and \(counted(more, "more statistic")) got worse" : ""
    return "\(what) \(row.verb) on \(report.candidate.name): "
      + "\(row.statistic) \(amount(row))\(rest)."
  }

  private static func place(_ metric: String, _ report: VerdictReport) -> String {
    let phase = metric.split(separator: "@").dropFirst().last.map { "phase \($0), " } ?? ""
    return "\(phase)suite \(report.suite), device \(report.target)"
  }

  private static func amount(_ row: VerdictReport.Row) -> String {
    let values = [row.reference, row.candidate].compactMap(\.self)
      .map { humanValue($0, unit: row.unit) }.joined(separator: " → ")
    let change = row.change.map { change in
      change < ofTimes
        ? "(\(humanChange(change)))"
        : "(\(largeChange(change)) as \(row.isTime ? "long" : "much"))"
    }
    return [values, change ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
  }

  private static func certainty(_ report: VerdictReport, _ lead: VerdictReport.Row?) -> String {
    var parts: [String] = []
    if let interval = lead.flatMap(leadInterval) ?? report.leadShape?.bounds {
      parts.append("\(percentage(report.confidence)) interval \(interval)")
    }
    if let arm = report.leadDeadline?.candidate {
      parts.append("interval over \(counted(arm.runs, "run")) \(arm.overRuns)")
    }
    let runs = "\(report.reference.runs) + \(report.candidate.runs) runs"
    parts.append("\(runs), \(report.grade) evidence")
    let found = report.rows.filter { $0.isGating }.compactMap(\.detectable).sorted()
    if lead == nil, !found.isEmpty {
      parts.append(
        "a change of \(largeShare(found[found.count / 2])) would have been found in the median "
          + "statistic, \(largeShare(found[found.count - 1])) in the noisiest")
    }
    return parts.joined(separator: "; ")
  }

  private static func since(_ report: VerdictReport) -> String {
    "build \(report.candidate.fullName), against \(report.reference.fullName)"
  }
}

/// From this change on a value is so many times another.
private let ofTimes = 9.0

/// A change in the words of its size: `+12.3%`, but `40 times` from ten times on.
func largeChange(_ change: Double) -> String {
  change >= ofTimes ? "\(threeDigits(change + 1)) times" : humanChange(change)
}

/// The size of a change without its direction.
func largeShare(_ change: Double) -> String {
  change >= ofTimes ? largeChange(change) : humanShare(change)
}

/// An interval in the words of its upper end.
func largeInterval(_ lower: Double, _ upper: Double) -> String {
  upper >= ofTimes
    ? "\(threeDigits(lower + 1)) … \(largeChange(upper))"
    : "\(humanChange(lower)) … \(humanChange(upper))"
}

/// The interval of a row's change; nil without one.
func leadInterval(_ row: VerdictReport.Row) -> String? {
  guard let lower = row.lower, let upper = row.upper else { return nil }
  return largeInterval(lower, upper)
}

/// `95%`.
func percentage(_ fraction: Double) -> String {
  humanShare(fraction).replacing(".0%", with: "%")
}

extension VerdictReport {
  /// The row that a reader must know first: the worst of those that fail the firmware, or of those
  /// that hold its pass back.
  var lead: Row? {
    switch outcome {
    case .regression: return rows.filter(\.isRegression).max { $0.size < $1.size }
    case .inconclusive:
      let found = rows.filter(\.isRegression)
      let seen = rows.filter {
        $0.isBlocking && $0.finding == .inconclusive && ($0.least ?? 0) > 0
      }
      return (found.isEmpty ? seen : found).max { ($0.least ?? 0) < ($1.least ?? 0) }
    case .pass, .invalid: return nil
    }
  }

  /// Why what leads an inconclusive report does not count; nil where nothing leads.
  var doubt: String? {
    guard outcome == .inconclusive, lead != nil else { return nil }
    return cause ?? "no look at the runs has confirmed it yet"
  }

  /// What is wrong with a metric that made the data invalid, without a full stop; nil where something
  /// else did. Reasons may be mere remarks then.
  var invalidMetric: String? {
    guard
      failure == FailureCause.invalidData.rawValue
        || (failure == FailureCause.probeLost.rawValue && cause == nil),
      let row = rows.first(where: {
        $0.isGating && ($0.finding == .invalid || $0.finding == .probeLost)
      })
    else { return nil }
    let why = row.note.isEmpty ? "" : ": \(row.note)"
    return "\(fullTitle(of: row.metric)) cannot be judged\(why)"
  }

  /// What comes nearest to its budget, or goes furthest beyond it, where budgets alone made the outcome.
  struct BudgetLimit {
    var metric: String
    /// The statistic and how many others there are.
    var what: String
    /// How far it may be worse, and how far it might.
    var amount: String
  }

  /// Nil where a row leads, or something else than budgets decided.
  var budgetLimit: BudgetLimit? {
    let isOpen = outcome == .inconclusive && failure == FailureCause.budgetOpen.rawValue
    guard lead == nil, outcome == .pass || isOpen else { return nil }
    let held = rows.filter { row in
      row.isGating && !row.isWaived && row.budget != nil && row.worst != nil
        && (!isOpen || row.isBlocking)
    }
    func excess(_ row: Row) -> Double { (row.worst ?? 0) - (row.budget ?? 0) }
    guard let row = held.max(by: { excess($0) < excess($1) }), let worst = row.worst,
      let budget = row.budget
    else { return nil }
    let more = held.count > 1 ? ", and \(held.count - 1) more" : ""
    let name = "\(title(of: row.metric)), \(row.statistic)"
    return BudgetLimit(
      metric: row.metric,
      what: isOpen ? name + more : "nearest to its budget: \(name)",
      amount: "\(isOpen ? "up to" : "at most") \(largeChange(worst)), where "
        + "\(largeShare(budget)) \(isOpen ? "is" : "would be") allowed")
  }

  /// Whether the bench itself changed, so that whatever moved may be its doing.
  var isExplainedByTheBench: Bool {
    guard outcome == .inconclusive, cause != nil, let failure else { return false }
    return [FailureCause.conditions, .sentinel].map(\.rawValue).contains(failure)
  }

  /// A metric's name as people say it; its text where there is no better one.
  func title(of metric: String) -> String { titles[metric] ?? metric }

  /// The same with the metric's phase.
  func fullTitle(of metric: String) -> String {
    guard let title = titles[metric], let phase = metric.split(separator: "@").dropFirst().last
    else { return title(of: metric) }
    return "\(title) in phase \(phase)"
  }
}

extension VerdictReport.Row {
  /// Whether it fails the firmware.
  var isRegression: Bool { finding == .regression && isGating && !isWaived }

  /// Whether it keeps the firmware from passing without being called slower or broken.
  var isHeldBack: Bool {
    isBlocking && !isWaived
      && (finding == .inconclusive || finding == .noChange || finding == .notMeasurable)
  }

  /// The bad end of its interval as a change for the worse, relative, as budgets are: half of a
  /// throughput is 100% worse, as twice the time is.
  var worst: Double? { isHigherBetter ? lower.map(Self.inverted) : upper }

  /// Its good end: so much worse it is for sure, where above 0.
  var least: Double? { isHigherBetter ? upper.map(Self.inverted) : lower }

  private static func inverted(_ change: Double) -> Double { 1 / max(1 + change, 1e-9) - 1 }

  /// Whether more runs can decide an inconclusive row: so many, or it moved and was not confirmed yet.
  var canBeDecided: Bool { runsNeeded != nil || (lower ?? 0) > 0 || (upper ?? 0) < 0 }

  /// Relative.
  fileprivate var size: Double { abs(change ?? 0) }

  fileprivate var isTime: Bool { ["ns", "us", "ms", "s"].contains(unit) }

  /// What happened to it when it moved.
  var verb: String {
    if finding == .improvement { return isTime ? "got faster" : "got better" }
    return isTime ? "got slower" : unit == "events" ? "got more slow events" : "got worse"
  }

  /// `+1.2% … +3.4%`.
  var interval: String {
    leadInterval(self) ?? "-"
  }
}

extension VerdictReport.Arm {
  /// Name and build, once where they are one.
  var fullName: String {
    build.isEmpty || build == name ? name : "\(name) (\(build))"
  }
}
