import RunRecords

/// A run as one page that needs nothing else: what each kind of metric gave, without any judgement.
struct RunPage {
  let report: RunReport

  /// Histograms that are drawn, and rows of a table of events, at most.
  static let mostDrawn = 12
  static let mostRows = 200

  init(_ report: RunReport) {
    self.report = report
  }

  /// The document, with a newline at its end.
  var html: String {
    Markup.page(
      title: report.headline,
      [head, deadlines, histograms, counters] + events + profiles + [
        numbers, remarks, facts, footer,
      ])
  }

  private var head: Markup {
    let cautions = report.cautions
    let tone = cautions.isEmpty ? "verdict" : "verdict bad"
    var parts: [Markup] = [
      .tag("p", ["class": "word"], text: "Run"), .tag("h1", text: report.headline),
      .tag("p", text: report.circumstances),
    ]
    if !cautions.isEmpty {
      parts.append(.tag("ul", [:], cautions.map { .tag("li", text: $0) }))
    }
    return .tag("header", ["class": tone], parts)
  }

  static func section(_ title: String, _ parts: [Markup]) -> Markup {
    .tag("section", [:], [.tag("h2", text: title)] + parts)
  }

  private static func left(out count: Int, _ noun: String) -> [Markup] {
    guard count > 0 else { return [] }
    return [
      .tag(
        "p", ["class": "soft"],
        text: "Left out: \(counted(count, noun)); the run record has all.")
    ]
  }

  // MARK: Deadlines

  private var deadlines: Markup {
    guard let deadlines = report.deadlines else { return .group([]) }
    return Self.section(
      "Deadlines",
      [
        .tag("ul", [:], deadlines.map { .tag("li", text: "\($0.metric): \($0.text)") }),
        .tag(
          "p", ["class": "soft"],
          text: "One run does not say whether the firmware keeps them: boots differ."),
      ])
  }

  // MARK: Histograms

  private var histograms: Markup {
    guard !report.metrics.isEmpty else { return .group([]) }
    let rows = report.metrics.map { metric in
      func quantile(_ name: String, _ value: Double?) -> String {
        guard let value else { return "–" }
        return (metric.uncertain.contains(name) ? "~" : "") + humanValue(value, unit: metric.unit)
      }
      return [
        metric.metric, humanCount(metric.count), quantile("p50", metric.p50),
        quantile("p90", metric.p90), quantile("p99", metric.p99),
        humanValue(Double(metric.max), unit: metric.unit), metric.lossShare.map(humanShare) ?? "–",
        metric.rung,
      ]
    }
    let full = report.metrics.filter { $0.count > 0 }
    let most = full.map(\.count).sorted(by: >).prefix(Self.mostDrawn).last ?? 0
    let drawn = full.filter { $0.count >= most }.prefix(Self.mostDrawn)
    let pictures = drawn.flatMap { metric in
      let heat = metric.heat.map { heat in
        Self.figure(
          HeatChart(
            heat: heat, unit: metric.unit,
            ends: ("first iteration", "iteration \(report.iterations)")
          ).markup, metric.metric, "over time")
      }
      return [
        Self.figure(
          BinChart(bins: metric.bins, unit: metric.unit, title: metric.metric).markup,
          metric.metric)
      ] + [heat].compactMap(\.self)
    }
    return Self.section(
      "Durations and values",
      [
        Self.table(
          ["metric", "count", "p50", "p90", "p99", "max", "lost", "rung"], rows, numbers: 1...6,
          caption: "Over all judged iterations; ~ marks quantiles with fewer than 50 events beyond"),
        .tag("div", ["class": "charts"], Array(pictures)),
      ] + Self.left(out: full.count - drawn.count, "picture"))
  }

  private static func figure(_ picture: Markup, _ metric: String, _ words: String? = nil) -> Markup
  {
    .tag(
      "figure", [:],
      [
        picture,
        .tag(
          "figcaption", [:],
          [.tag("code", text: metric)] + (words.map { [.text(" \($0)")] } ?? [])),
      ])
  }

  // MARK: Counters and rows

  private var counters: Markup {
    guard let counters = report.counters else { return .group([]) }
    let rows = counters.map { counter in
      [
        counter.metric, humanCount(counter.count),
        humanValue(Double(counter.sum), unit: counter.unit),
        humanValue(counter.perSecond, unit: counter.unit), counter.rung,
      ]
    }
    let lines = counters.filter { $0.rates.count > 1 && $0.sum > 0 }
      .sorted { ($1.sum, $0.metric) < ($0.sum, $1.metric) }.prefix(Self.mostDrawn)
      .map { counter in
        Self.figure(
          RateChart(rates: counter.rates, unit: counter.unit, title: counter.metric).markup,
          counter.metric, "per second")
      }
    return Self.section(
      "Counters",
      [
        Self.table(
          ["counter", "count", "sum", "per second", "rung"], rows, numbers: 1...3,
          caption: "Over all judged iterations; per second of open windows")
      ] + (lines.isEmpty ? [] : [.tag("div", ["class": "charts"], lines)]))
  }

  private var events: [Markup] {
    (report.events ?? []).map { events in
      let shown = events.rows.prefix(Self.mostRows)
      let rows = shown.map { row in
        zip(events.columns, row).map { RunReport.text($1, unit: $0.unit) }
      }
      let numbers = Set(events.columns.indices.filter { events.columns[$0].unit != nil })
      var parts: [Markup] =
        rows.isEmpty
        ? [.tag("p", text: "No events.")]
        : [
          Self.table(
            events.columns.map(\.name), rows, numbers: numbers,
            caption: "\(counted(events.rows.count, "event")) in the order of time")
        ]
      parts += Self.left(out: events.rows.count - shown.count, "row")
      if events.dropped > 0 {
        parts.append(
          .tag(
            "p", ["class": "doubt"],
            text: "\(humanCount(events.dropped)) more had no room: see 'keep' in the manifest"))
      }
      return Self.section(events.metric, parts)
    }
  }

  // MARK: The rest

  private var numbers: Markup {
    guard !report.scalars.isEmpty else { return .group([]) }
    let rows = report.scalars.map { scalar in
      [
        scalar.metric, humanValue(scalar.median, unit: scalar.unit),
        humanValue(scalar.values.min() ?? 0, unit: scalar.unit),
        humanValue(scalar.values.max() ?? 0, unit: scalar.unit), scalar.better,
      ]
    }
    return Self.section(
      "Numbers of steps",
      [
        Self.table(
          ["number", "median", "lowest", "highest", "better"], rows, numbers: 1...3,
          caption: "Over all judged iterations")
      ])
  }

  private var remarks: Markup {
    let remarks = report.remarks.map(\.0)
    guard !remarks.isEmpty else { return .group([]) }
    return Self.section(
      "Remarks", [.tag("ul", [:], remarks.map { .tag("li", text: $0) })])
  }

  private var facts: Markup {
    let rows = [
      ["device", report.device.name], ["model", report.device.model],
      ["firmware", report.firmware.name], ["build", report.firmware.id],
      ["kernel", report.firmware.kernelRelease], ["made", report.created.formatted(.iso8601)],
      ["run", report.run],
    ].filter { !$0[1].isEmpty }
    return Self.section(
      "Device and firmware",
      [VerdictPage.factTable(["", "value"], rows, caption: "Where it was made")])
  }

  private var footer: Markup {
    .tag(
      "footer",
      text: "latgate. One run is one boot; whether a firmware got slower takes several of each: "
        + "'latgate check'.")
  }

  /// Rows of text; the columns in `numbers` are set to the right.
  private static func table(
    _ titles: [String], _ rows: [[String]], numbers: some Collection<Int>, caption: String
  ) -> Markup {
    let numbers = Set(numbers)
    func cells(_ kind: String, _ texts: [String], _ attributes: [(String, String)]) -> Markup {
      .element(
        "tr", [],
        texts.enumerated().map { column, text in
          .element(
            kind, attributes + (numbers.contains(column) ? [("class", "n")] : []), [.text(text)])
        })
    }
    return VerdictPage.scrolling(
      .tag(
        "table", [:],
        [
          .tag("caption", text: caption),
          .tag("thead", [:], [cells("th", titles, [("scope", "col")])]),
          .tag("tbody", [:], rows.map { cells("td", $0, []) }),
        ]), caption)
  }
}
