extension VerdictPage {
  /// Whether the numbers can be trusted: gates, probes, losses, cost, conditions.
  var trust: Markup {
    var parts: [Markup] = [.tag("h2", text: "Can it be trusted?"), gates]
    // What follows the firmware, such as a lower frequency limit, is no reason but explains much.
    let conditions = report.conditions.map(\.text).filter {
      !$0.isEmpty && !report.reasons.contains($0)
    }
    let remarks = report.reasons + conditions
    if !remarks.isEmpty {
      parts.append(.tag("ul", [:], remarks.map { .tag("li", text: $0) }))
    }
    parts.append(
      .tag(
        "p",
        text: report.benchStanding
          ?? "How often this bench flags unchanged firmware is not known here; "
          + "'latgate calibrate' measures it."))
    if let found = couldHaveFound { parts.append(.tag("p", text: found)) }
    if !report.timelines.isEmpty {
      parts.append(
        .tag(
          "div", ["class": "charts"],
          report.timelines.map { line in
            figure(
              RunChart(runs: line.runs, unit: line.unit).markup,
              "\(line.title) of each run, in the order in which they were made; lines are means.")
          }))
    }
    parts.append(probes)
    return .tag("section", ["id": "trust"], parts)
  }

  /// What a real change would have to be to be seen.
  private var couldHaveFound: String? {
    let known = report.rows.filter(\.isGating).compactMap { row in
      row.detectable.map { (row, $0) }
    }.sorted { $0.1 < $1.1 }
    guard let best = known.first, let worst = known.last else { return nil }
    let middle = known[known.count / 2]
    return "What this check could have found, four times out of five: a change of "
      + "\(largeShare(middle.1)) in the median statistic, \(largeShare(best.1)) in the quietest "
      + "(\(best.0.metric) \(best.0.statistic)), \(largeShare(worst.1)) in the noisiest "
      + "(\(worst.0.metric) \(worst.0.statistic))."
  }

  private var gates: Markup {
    func dropped(_ arm: VerdictReport.Arm) -> String {
      let causes = arm.dropCauses.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      return "\(arm.dropped) of \(arm.dropped + arm.iterations)"
        + (causes.isEmpty ? "" : " (\(causes))")
    }
    func cost(_ cpu: Double?, _ slowdown: Double?) -> String {
      let parts = [
        cpu.map { "\(humanShare($0)) of CPU time" }, slowdown.map { "workload \(humanChange($0))" },
      ].compactMap(\.self)
      return parts.isEmpty ? "not measured" : parts.joined(separator: ", ")
    }
    let lost = report.losses.max {
      max($0.reference, $0.candidate) < max($1.reference, $1.candidate)
    }
    let unmeasured = report.rows.count { $0.isGating && $0.finding == .notMeasurable }
    let gating = report.rows.count(where: \.isGating)
    var rows: [[String]] = [
      ["runs (boots)", "\(report.reference.runs)", "\(report.candidate.runs)"],
      ["iterations dropped", dropped(report.reference), dropped(report.candidate)],
      [
        "probes' own cost", cost(report.overhead.referenceCPU, report.overhead.referenceSlowdown),
        cost(report.overhead.candidateCPU, report.overhead.candidateSlowdown),
      ],
    ]
    if let lost {
      rows.append([
        "operations lost at most (\(lost.metric))", humanShare(lost.reference),
        humanShare(lost.candidate),
      ])
    }
    for (name, title) in CovariateSummary.shown {
      let old = report.reference.covariates.first { $0.name == name }?.text
      let new = report.candidate.covariates.first { $0.name == name }?.text
      if old != nil || new != nil { rows.append([title, old ?? "–", new ?? "–"]) }
    }
    let design = Markup.tag(
      "p",
      text:
        "Evidence: \(report.grade). \(gating - unmeasured) of \(counted(gating, "deciding statistic")) "
        + "could be measured."
        + (report.failure.map { " What decided the outcome: \(Self.words($0))." } ?? ""))
    return .group([
      design,
      Self.factTable(["", "reference", "candidate"], rows, caption: "Gates and conditions"),
    ])
  }

  /// `budgetOpen` as `budget open`.
  private static func words(_ name: String) -> String {
    name.map { $0.isUppercase ? " \($0.lowercased())" : "\($0)" }.joined()
  }

  private var probes: Markup {
    guard !report.probes.isEmpty else { return .group([]) }
    return Self.factTable(
      ["probe", "reference", "candidate", "note"],
      report.probes.map { probe in
        let isLost = probe.reference != probe.candidate
        return [
          probe.name, probe.reference, probe.candidate,
          (isLost ? "differs, \(report.comparing(probe))" : "")
            + (probe.reason.isEmpty ? "" : (isLost ? ": " : "") + probe.reason),
        ]
      },
      caption: "How probes were attached; T1 and T0 are ways of user builds, others load programs")
  }

  /// Device and firmware.
  var facts: Markup {
    let arms = [report.reference, report.candidate]
    return .tag(
      "section", ["id": "facts"],
      [
        .tag("h2", text: "Device and firmware"),
        Self.factTable(
          ["", "reference", "candidate"],
          [
            ["firmware"] + arms.map(\.name),
            ["build"] + arms.map { $0.build.isEmpty ? "–" : $0.build },
            ["kernel"] + arms.map(\.kernelRelease),
          ] + report.facts.map { [$0.name, $0.reference, $0.candidate] },
          caption: "Suite \(report.suite) on device \(report.target)"),
      ])
  }

  /// Rows of text under titles; the first cell of a row is its title.
  static func factTable(_ titles: [String], _ rows: [[String]], caption: String) -> Markup {
    let head = Markup.tag(
      "thead", [:], [.tag("tr", [:], titles.map { .tag("th", ["scope": "col"], text: $0) })])
    let body = rows.map { row in
      Markup.tag(
        "tr", [:],
        row.enumerated().map { position, text in
          position == 0 ? .tag("th", ["scope": "row"], text: text) : .tag("td", text: text)
        })
    }
    return Self.scrolling(
      .tag("table", [:], [.tag("caption", text: caption), head, .tag("tbody", [:], body)]), caption)
  }
}
