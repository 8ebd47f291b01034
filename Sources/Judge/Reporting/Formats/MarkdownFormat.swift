/// A comment for a merge request.
struct MarkdownFormat: ReportFormat {
  let name = "markdown"
  let summary = "a comment for a merge request, 60 KB at most"

  /// Less than what GitHub (65,536 characters) and GitLab (1 MB) take.
  static let limit = 60_000

  func document(_ report: VerdictReport, _ layout: ReportLayout) -> String {
    VerdictMarkdown(report, limit: Self.limit).text
  }
}

/// The summary of a step in GitHub Actions, for the file that `$GITHUB_STEP_SUMMARY` names.
struct GitHubSummaryFormat: ReportFormat {
  let name = "github-summary"
  let summary = "Markdown for $GITHUB_STEP_SUMMARY, 1 MiB at most"

  /// GitHub refuses more.
  static let limit = 1 << 20

  func document(_ report: VerdictReport, _ layout: ReportLayout) -> String {
    VerdictMarkdown(report, limit: Self.limit).text
  }
}

/// A verdict as Markdown: the answers first, then what moved, then the rest, as far as the size goes.
struct VerdictMarkdown {
  let text: String

  /// Room that is kept for saying what was left out.
  private static let room = 400

  init(_ report: VerdictReport, limit: Int) {
    var made = MarkdownText(limit: limit)
    let conclusion = Conclusion(report)
    func escaped(_ text: String) -> String {
      // One name or reason from a device must not use up the room of all.
      MarkdownText.escaped(cut(text, to: 600))
    }
    let mark =
      [
        "Pass": "✅", "Regression": "❌", Conclusion.missed: "❌", "Inconclusive": "❔",
      ][conclusion.word] ?? "⚠️"
    _ = made.add("### \(mark) \(conclusion.word): \(escaped(conclusion.sentence))\n\n")
    _ = made.add(
      conclusion.answers.map { "- **\($0.question)**: \(escaped($0.answer))\n" }.joined())
    var left: [String] = []
    func add(_ title: String, _ lines: [String], _ what: String) {
      guard !lines.isEmpty else { return }
      guard made.add("\n**\(title)**\n\n", reserve: Self.room) else {
        left.append(counted(lines.count, what))
        return
      }
      for (position, line) in lines.enumerated() where !made.add(line + "\n", reserve: Self.room) {
        left.append(counted(lines.count - position, what))
        return
      }
    }
    add("What next", report.nextSteps.map { "1. \(escaped($0))" }, "hint")
    add("Why", report.why.map { "- \(escaped($0))" }, "reason")
    let traces = report.traces ?? []
    add("Traces", traces.map { "- \(escaped("\($0.file): \($0.sentence)"))" }, "trace")
    let (moved, rest) = Self.divided(report.rows)
    Self.table(moved, "What moved", folded: false, &made, &left)
    add(
      "Deadlines",
      (report.deadlines ?? []).map {
        "- \($0.standing): \(MarkdownText.code($0.metric, inTable: false)): \(escaped($0.text))"
      }, "deadline")
    add("Notes", report.reasons.map { "- \(escaped($0))" }, "note")
    let lost = report.probes.filter { $0.reference != $0.candidate }
    add(
      "Probes that differ",
      lost.map { "- \(escaped("\($0.name): \($0.reference) → \($0.candidate)"))" }, "probe")
    Self.table(rest, "\(counted(rest.count, "more statistic"))", folded: true, &made, &left)
    if !left.isEmpty {
      _ = made.add("\nLeft out for size: \(left.joined(separator: ", ")); `report.json` has all.\n")
    }
    text = made.text
  }

  private static func divided(
    _ rows: [VerdictReport.Row]
  ) -> (moved: [VerdictReport.Row], rest: [VerdictReport.Row]) {
    var (moved, rest): ([VerdictReport.Row], [VerdictReport.Row]) = ([], [])
    for row in rows {
      let matters = row.finding.isMove || row.finding == .invalid || row.finding == .probeLost
      if matters || row.isBlocking { moved.append(row) } else { rest.append(row) }
    }
    // What fails the firmware must not be what is left out.
    return (moved.filter(\.isRegression) + moved.filter { !$0.isRegression }, rest)
  }

  private static func table(
    _ rows: [VerdictReport.Row], _ title: String, folded: Bool, _ made: inout MarkdownText,
    _ left: inout [String]
  ) {
    guard !rows.isEmpty else { return }
    let end = folded ? "\n</details>\n" : ""
    let head =
      (folded ? "\n<details><summary>\(title)</summary>\n\n" : "\n**\(title)**\n\n")
      + "| metric | | reference | candidate | change | interval | outcome |\n"
      + "|---|---|--:|--:|--:|--:|---|\n"
    let reserve = room + end.utf8.count
    guard made.add(head, reserve: reserve + 600) else {
      left.append(counted(rows.count, "statistic"))
      return
    }
    for (position, row) in rows.enumerated() where !made.add(line(row), reserve: reserve) {
      left.append(counted(rows.count - position, "statistic"))
      break
    }
    _ = made.add(end)
  }

  private static func line(_ row: VerdictReport.Row) -> String {
    func value(_ value: Double?) -> String {
      value.map { MarkdownText.escaped(humanValue($0, unit: row.unit)) } ?? "–"
    }
    let name = cut(row.metric, to: 200)
    let outcome = row.finding.rawValue + (row.isWaived ? ", waived" : row.isGating ? "" : " \\*")
    return
      "| \(MarkdownText.code(name, inTable: true)) | \(row.statistic) | \(value(row.reference)) "
      + "| \(value(row.candidate)) | \(row.change.map(largeChange) ?? "–") "
      + "| \(row.lower == nil ? "–" : row.interval) | \(outcome) |\n"
  }
}
