/// A verdict as one page that needs nothing else: no script, no other file, no network.
///
/// The first screen answers what got slower, where, how much, how sure, since which build, who acts
/// and what comes next. Its parts are pieces of their own, for pages that show several verdicts.
struct VerdictPage {
  let report: VerdictReport

  /// Movements that are drawn, and rows of the table of everything, at most: the page stays small
  /// whatever a suite measures.
  static let mostDrawn = 8
  static let mostRows = 400

  init(_ report: VerdictReport) {
    self.report = report
  }

  /// The document, with a newline at its end.
  var html: String {
    let conclusion = Conclusion(report)
    let title = "\(conclusion.word): \(report.candidate.name) against \(report.reference.name)"
    return Markup.page(
      title: title,
      [summary(conclusion)] + moved + profiles
        + [why, traces, deadlines, table, rates, trust, facts, footer])
  }

  // MARK: First screen

  private func summary(_ conclusion: Conclusion) -> Markup {
    let answers = conclusion.answers.map { question, answer in
      Markup.tag("div", [:], [.tag("dt", text: question), .tag("dd", text: answer)])
    }
    var parts: [Markup] = [
      .tag("p", ["class": "word"], text: conclusion.word),
      .tag("h1", text: conclusion.sentence), .tag("dl", ["class": "answers"], answers),
    ]
    if !report.nextSteps.isEmpty {
      parts.append(.tag("h2", text: "What next"))
      parts.append(.tag("ol", [:], report.nextSteps.map { .tag("li", text: $0) }))
    }
    return .tag("header", ["class": "verdict \(Self.tone(report.outcome))"], parts)
  }

  /// Class of an outcome's colour.
  private static func tone(_ outcome: VerdictReport.Outcome) -> String {
    switch outcome {
    case .pass: "good"
    case .regression, .invalid: "bad"
    case .inconclusive: "doubt"
    }
  }

  private var why: Markup {
    guard !report.why.isEmpty else { return .group([]) }
    return .tag(
      "section", [:],
      [
        .tag("h2", text: "Why"), .tag("ul", [:], report.why.map { .tag("li", text: $0) }),
      ])
  }

  /// Links into the check's directory, where the page lies as well.
  private var traces: Markup {
    guard let traces = report.traces, !traces.isEmpty else { return .group([]) }
    return .tag(
      "section", [:],
      [
        .tag("h2", text: "Traces of the worst iterations"),
        .tag(
          "p",
          text: "Recorded in one more run of each firmware, which is no evidence. "
            + "Perfetto's viewer opens them."),
        .tag(
          "ul", [:],
          traces.map { .tag("li", [:], [.tag("a", ["href": $0.file], text: $0.sentence)]) }),
      ])
  }

  private var footer: Markup {
    .tag(
      "footer",
      text:
        "latgate, exit code \(report.exitCode). Intervals hold in \(percentage(report.confidence)) of "
        + "experiments; a run is one boot, and runs are the unit of evidence.")
  }
}

extension VerdictReport.Finding {
  /// Class of its colour.
  var tone: String {
    switch self {
    case .regression, .invalid, .probeLost: "bad"
    case .improvement: "good"
    case .inconclusive: "doubt"
    case .noChange, .notMeasurable: "soft"
    }
  }
}
