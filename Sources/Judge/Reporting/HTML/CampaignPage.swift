import FleetAnalysis
import RegressionAnalysis

/// A campaign as one page of a dashboard: its last verdict and what it is made of, all verdicts, who takes
/// part, who is silent, and what it costs.
package struct CampaignPage {
  private let overview: CampaignOverview
  /// Oldest first.
  private let verdicts: [CampaignReport]

  /// Metrics that are drawn, at most, and verdicts that are listed.
  private static let mostDrawn = 24
  private static let mostListed = 100

  package init(_ overview: CampaignOverview, verdicts: [CampaignReport]) {
    self.overview = overview
    self.verdicts = verdicts
  }

  /// The document, with a newline at its end.
  package var html: String {
    var parts: [Markup] = [back, head]
    if let last = verdicts.last {
      parts += [comparisons(last.verdict), charts(last.verdict), guards(last.verdict)]
    }
    parts += [history, cohorts, absences, costs, footer]
    return Markup.page(title: "Campaign \(overview.campaign)", parts)
  }

  private var back: Markup {
    .tag("p", [:], [.tag("a", ["href": "/"], text: "All campaigns")])
  }

  private var head: Markup {
    guard let last = verdicts.last else {
      return .tag(
        "header", ["class": "verdict doubt"],
        [
          .tag("p", ["class": "word"], text: "no verdict yet"),
          .tag("h1", text: "Campaign \(overview.campaign)"),
          .tag(
            "p", text: "'latgate campaign judge --keep' puts its verdicts where this page looks."),
        ])
    }
    let verdict = last.verdict
    return .tag(
      "header", ["class": "verdict \(verdict.outcome.tone)"],
      [
        .tag("p", ["class": "word"], text: verdict.outcome.word),
        .tag("h1", text: "Campaign \(overview.campaign): build \(last.build)"),
        .tag("ol", [:], verdict.reasons.map { .tag("li", text: $0) }),
        .tag(
          "p",
          text: "The \(verdict.candidate) against the \(verdict.control), looked at \(last.asOf), "
            + "\(counted(verdict.hours, "hour")) after the offer."),
      ])
  }

  private func section(_ heading: String, _ content: [Markup]) -> Markup {
    .tag("section", [:], [.tag("h2", text: heading)] + content)
  }

  private func comparisons(_ verdict: FleetVerdict) -> Markup {
    guard !verdict.comparisons.isEmpty else { return .group([]) }
    return section(
      "What became slower",
      [
        VerdictPage.factTable(
          ["metric", "change", "between", "at worst", "budget", "devices of"],
          verdict.comparisons.map {
            [
              "\($0.metric) \(ShiftChart.name($0.quantile))", humanChange($0.change),
              "\(humanChange($0.low)) and \(humanChange($0.high))", humanChange($0.worst),
              $0.budget.map(humanChange) ?? "–", $0.model ?? "all models",
            ]
          }, caption: "Quantiles of the candidate's devices against the control's")
      ])
  }

  private func charts(_ verdict: FleetVerdict) -> Markup {
    let metrics = Set(
      verdict.comparisons.map(\.metric) + verdict.release.distributions.map(\.metric)
        + verdict.release.days.map(\.metric)
    ).sorted()
    guard !metrics.isEmpty else { return .group([]) }
    let drawn = metrics.prefix(Self.mostDrawn).map {
      CampaignCharts(metric: $0, verdict: verdict).markup
    }
    let key = ChartFrame.key([
      ("ref", "control: \(verdict.control)"), ("cand", "candidate: \(verdict.candidate)"),
    ])
    var parts = [key] + drawn
    let rest = metrics.count - drawn.count
    if rest > 0 {
      parts.append(
        .tag(
          "p", ["class": "soft"],
          text: "Not drawn: \(counted(rest, "more metric")); the verdict's JSON has all."))
    }
    return section("Distributions, shift and days", parts)
  }

  private func guards(_ verdict: FleetVerdict) -> Markup {
    section(
      "Can the arms be compared?",
      [
        VerdictPage.factTable(
          ["guard", "state", "what was seen"],
          verdict.guards.map { [$0.name.rawValue, $0.isMet ? "met" : "failed", $0.text] },
          caption: "Conditions under which the comparison counts")
      ])
  }

  private var history: Markup {
    guard !verdicts.isEmpty else { return .group([]) }
    return section(
      "Verdicts",
      [
        VerdictPage.factTable(
          ["looked at", "build", "hours since the offer", "verdict", "because"],
          verdicts.suffix(Self.mostListed).reversed().map {
            [
              $0.asOf, $0.build, "\($0.verdict.hours)", $0.verdict.outcome.word,
              $0.verdict.reasons.first ?? "",
            ]
          }, caption: "Every look that was kept, the last one first")
      ])
  }

  private var cohorts: Markup {
    guard !overview.cohorts.isEmpty else {
      return section(
        "Cohorts",
        [.tag("p", text: "No cohort has \(overview.k) devices yet; smaller ones are not shown.")])
    }
    return section(
      "Cohorts",
      [
        VerdictPage.factTable(
          ["arm", "build", "model", "devices", "reports"],
          overview.cohorts.map {
            [$0.arm, $0.build, $0.model, "\($0.devices) or more", "\($0.reports)"]
          }, caption: "Devices by the firmware that they last reported with")
      ])
  }

  private var absences: Markup {
    guard !overview.absences.isEmpty else {
      return section(
        "Silent and refused devices", [.tag("p", text: "No device is silent or has refused.")])
    }
    return section(
      "Silent and refused devices",
      [
        VerdictPage.factTable(
          ["arm", "why", "devices"],
          overview.absences.map {
            [$0.arm, $0.why, $0.devices.map { "\($0) or more" } ?? "fewer than \(overview.k)"]
          }, caption: "Devices that took part and do not measure")
      ])
  }

  private var costs: Markup {
    guard !overview.costs.isEmpty else { return .group([]) }
    func pair(_ quantiles: CampaignOverview.Cost.Quantiles, _ text: (Double) -> String) -> String {
      "\(text(quantiles.median)), \(text(quantiles.high))"
    }
    return section(
      "Cost on devices",
      [
        VerdictPage.factTable(
          ["arm", "CPU in windows", "memory", "a report"],
          overview.costs.map {
            [
              $0.arm, pair($0.cpu, humanShare), pair($0.memory, Self.mebibytes),
              pair($0.report, Self.bytes),
            ]
          }, caption: "Half of the devices are below the first number, 90% below the second")
      ])
  }

  private static func mebibytes(_ bytes: Double) -> String {
    "\(threeDigits(bytes / 1_048_576)) MiB"
  }

  private static func bytes(_ bytes: Double) -> String { "\(Int(bytes.rounded())) bytes" }

  private var footer: Markup {
    .tag(
      "footer",
      text:
        "latgate. \(overview.devices) devices or more have sent \(overview.reports) reports, counted "
        + "\(overview.asOf). Nothing is shown of fewer than \(overview.k) devices.")
  }
}

extension FleetVerdict.Outcome {
  /// Class of its colour.
  var tone: String {
    switch self {
    case .promote: "good"
    case .stop, .guardFailed: "bad"
    case .goOn: "doubt"
    }
  }
}
