extension VerdictPage {
  /// Every statistic, folded.
  var table: Markup {
    let (shown, hidden) = rowsToShow
    var counts: [String] = []
    for finding in VerdictReport.Finding.allCases {
      let count = report.rows.count { $0.finding == finding }
      if count > 0 { counts.append("\(count) \(finding.rawValue)") }
    }
    let metrics = Set(report.rows.map(\.metric)).count
    var parts: [Markup] = [
      .tag(
        "summary",
        text: "\(counted(report.rows.count, "statistic")) of \(counted(metrics, "metric")): "
          + counts.joined(separator: ", ")),
      rowTable(shown, caption: "Every statistic; * does not decide the verdict"),
    ]
    if hidden > 0 {
      parts.append(
        .tag(
          "p", ["class": "soft"],
          text: "Left out: \(counted(hidden, "statistic")) that decide nothing or did not move; "
            + "report.json has all."))
    }
    return .tag(
      "section", [:],
      [.tag("h2", text: "All metrics"), .tag("details", [:], parts)])
  }

  /// All rows, or where they are too many those that say most, in the report's order.
  private var rowsToShow: (shown: [VerdictReport.Row], hidden: Int) {
    guard report.rows.count > Self.mostRows else { return (report.rows, 0) }
    let ranked = report.rows.indices.sorted {
      (report.rows[$0].rank, $0) < (report.rows[$1].rank, $1)
    }
    let shown = ranked.prefix(Self.mostRows).sorted().map { report.rows[$0] }
    return (shown, report.rows.count - shown.count)
  }

  /// Rows as a table; a metric's name stands once, or not at all.
  func rowTable(
    _ rows: [VerdictReport.Row], caption: String, namesMetrics: Bool = true
  ) -> Markup {
    let hasNotes = rows.contains { !$0.note.isEmpty }
    let names = namesMetrics ? [("metric", false)] : []
    let notes = hasNotes ? [("note", false)] : []
    let numbers = [
      ("statistic", false), ("reference", true), ("candidate", true), ("change", true),
      ("\(percentage(report.confidence)) interval", true), ("detects", true), ("outcome", false),
    ]
    let titles: [(String, Bool)] = names + numbers + notes
    let head = Markup.tag(
      "thead", [:],
      [
        .tag(
          "tr", [:],
          titles.map { title, isNumber in
            isNumber
              ? .tag("th", ["scope": "col", "class": "n"], text: title)
              : .tag("th", ["scope": "col"], text: title)
          })
      ])
    var metric: String?
    let body = rows.map { row -> Markup in
      let isFirst = row.metric != metric
      metric = row.metric
      func value(_ value: Double?) -> Markup {
        .tag("td", ["class": "n"], text: value.map { humanValue($0, unit: row.unit) } ?? "–")
      }
      let title = isFirst ? report.title(of: row.metric) + row.phaseText : ""
      let name: [Markup] =
        !namesMetrics
        ? [] : title.isEmpty ? [.tag("td")] : [.tag("th", ["scope": "row"], text: title)]
      let outcome = row.finding.rawValue + (row.isWaived ? ", waived" : row.isGating ? "" : " *")
      let note: [Markup] =
        !hasNotes
        ? []
        : row.note.isEmpty ? [.tag("td")] : [.tag("td", ["class": "why"], text: row.note)]
      let cells: [Markup] =
        name + [
          .tag("td", text: row.statistic), value(row.reference), value(row.candidate),
          .tag("td", ["class": "n"], text: row.change.map(largeChange) ?? "–"),
          .tag("td", ["class": "n"], text: row.wideInterval),
          .tag("td", ["class": "n"], text: row.detectable.map(largeShare) ?? "–"),
          .tag("td", ["class": row.finding.tone], text: outcome),
        ] + note
      return .tag("tr", [:], cells)
    }
    return Self.scrolling(
      .tag("table", [:], [.tag("caption", text: caption), head, .tag("tbody", [:], body)]), caption)
  }

  /// Wide tables move by themselves, and keys can move them.
  static func scrolling(_ table: Markup, _ label: String) -> Markup {
    .tag(
      "div", ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": label], [table])
  }
}

extension VerdictReport.Row {
  /// Its interval, in times where it is that large.
  fileprivate var wideInterval: String {
    guard let lower, let upper else { return "–" }
    return largeInterval(lower, upper)
  }

  /// `, phase-name`, or nothing.
  fileprivate var phaseText: String {
    metric.split(separator: "@").dropFirst().last.map { " @ \($0)" } ?? ""
  }

  /// Lower says more.
  fileprivate var rank: Int {
    let move = finding.isMove || finding == .invalid || finding == .probeLost
    return (move ? 0 : isBlocking ? 1 : isGating ? 2 : 3) + (finding == .notMeasurable ? 4 : 0)
  }
}
