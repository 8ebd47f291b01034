import RunRecords

extension VerdictReport {
  /// How many distributions a text shows; the document has all.
  private static let shownDistributions = 4

  /// The report for a terminal or a log, with a newline after each line.
  ///
  /// - Parameters:
  ///   - width: columns; 60 or more give whole lines.
  ///   - style: whether to use colour.
  ///   - showsAll: also rows in which nothing is different.
  /// - Returns: verdict, advice, table, distributions of what moved and facts, in this order.
  package func text(width: Int, style: TextStyle, showsAll: Bool = false) -> String {
    let sections = [
      headline(width, style), advice(width, style), table(width, style, showsAll),
      deadlineLines(width, style), shapeLines(width, style, showsAll), bars(width, style),
      facts(width, style),
    ]
    return sections.filter { !$0.isEmpty }.map { $0.map { $0 + "\n" }.joined() }
      .joined(separator: "\n")
  }

  // MARK: Verdict line

  private func headline(_ width: Int, _ style: TextStyle) -> [String] {
    let emphasis: Emphasis =
      switch outcome {
      case .pass: .good
      case .inconclusive: .doubtful
      case .regression, .invalid: .bad
      }
    let conclusion = Conclusion(self)
    let word = conclusion.word.uppercased()
    // The word is put back after wrapping, so that colour does not count as width.
    let sentence = conclusion.sentence.dropLast()
    let lines = wrapped("\(word) \(sentence)", width: width, indent: "  ")
    let first = lines.first.map { emphasis.applied(to: word, style) + $0.dropFirst(word.count) }
    let whose = owner.map { " · owner: \($0)" } ?? ""
    var context = [
      "\(suite) on \(target) · \(candidate.name) against \(reference.name) · \(certainty)\(arms) · "
        + "\(grade) evidence\(whose)"
    ]
    let limit = budgetLimit.map { "\($0.what): \($0.amount)" }
    let doubt = isExplainedByTheBench ? nil : doubt.map { "not proven: \($0)" }
    context += [limit, doubt, rateRemark].compactMap(\.self)
    return [first].compactMap(\.self) + lines.dropFirst()
      + context.flatMap { wrapped($0, width: width, indent: "  ") }
      .map { Emphasis.dim.applied(to: $0, style) }
  }

  /// `95% interval +10.2% … +13.8% · `, of what leads; empty where nothing does.
  private var certainty: String {
    guard let interval = lead.flatMap(leadInterval) ?? leadShape?.bounds else { return "" }
    return "\(percentage(confidence)) interval \(interval) · "
  }

  private var arms: String {
    reference.runs == candidate.runs
      ? "\(reference.runs) + \(candidate.runs) runs"
      : "\(counted(reference.runs, "reference run")), \(counted(candidate.runs, "candidate run"))"
  }

  /// The verdict in one sentence where no row leads, without a full stop.
  var sentence: String {
    let gating = rows.filter(\.isGating)
    let waived = gating.count(where: \.isWaived)
    let late = (deadlines ?? []).count { $0.isWaived && !$0.isMet }
    let excused = [
      waived > 0 ? ", \(waived) waived" : "",
      late > 0 ? ", \(counted(late, "deadline")) not shown to be kept, waived" : "",
    ].joined()
    switch outcome {
    case .pass:
      return "\(candidate.name) is no slower than \(reference.name): \(measured)\(excused)"
    case .regression: return "\(candidate.name) is slower than \(reference.name)"
    case .inconclusive:
      if let cause { return cause }
      let held = gating.filter(\.isHeldBack)
      // Of what could not be measured nothing is said, unless nothing else holds the pass back.
      let open = held.contains { $0.lower != nil } ? held.count { $0.lower != nil } : held.count
      return "no regression confirmed in \(candidate.name), but"
        + " \(counted(open, "gating statistic")) could still be over budget"
    case .invalid:
      return invalidMetric ?? reasons.first ?? "the data do not allow a verdict"
    }
  }

  /// A change of shape, of a metric by this name.
  func sentence(_ shape: Shape, _ name: String) -> String {
    "\(name) has operations on \(candidate.name) that \(reference.name) has not: \(shape.text)"
  }

  /// What the verdict rests on: statistics that were compared, out of those that decide.
  private var measured: String {
    // A guard has no budget to be within.
    let gating = rows.filter {
      $0.isGating && !$0.isWaived && ($0.lower == nil || $0.budget != nil)
    }
    let measured = gating.count { $0.lower != nil }
    if measured == gating.count {
      return "\(counted(measured, "gating statistic")) within budget"
    }
    return "\(measured) of \(counted(gating.count, "gating statistic")) measured, all within budget"
  }

  // MARK: Table

  private func table(_ width: Int, _ style: TextStyle, _ showsAll: Bool) -> [String] {
    let shown = showsAll ? rows : rows.filter(\.isWorthALine)
    var table = TextTable(columns: [
      .init(title: ""), .init(title: "reference", alignment: .right),
      .init(title: "candidate", alignment: .right), .init(title: "change", alignment: .right),
      .init(
        title: "\(humanShare(confidence).replacing(".0%", with: "%")) interval", alignment: .right),
      .init(title: "detects", alignment: .right), .init(title: "outcome"),
    ])
    var metric: String?
    for row in shown {
      if row.metric != metric {
        table.rows += heading(row.metric, width).map(TextTable.Row.heading)
        metric = row.metric
      }
      func value(_ value: Double?) -> TextTable.Cell {
        .init(value.map { humanValue($0, unit: row.unit) } ?? "-")
      }
      let emphasis = row.finding.emphasis
      table.add(
        .init("  \(row.statistic)"), value(row.reference), value(row.candidate),
        .init(row.change.map(largeChange) ?? "-", row.finding.isMove ? emphasis : .none),
        .init(row.interval), .init(row.detectable.map(largeShare) ?? "-"),
        .init(
          row.finding.rawValue + (row.isWaived ? ", waived" : row.isGating ? "" : " *"), emphasis))
      if !row.note.isEmpty {
        for line in wrapped(row.note, width: width - 6) {
          table.rows.append(.heading(.init("      \(line)", .dim)))
        }
      }
    }
    var lines = shown.isEmpty ? [] : table.lines(width: width, style: style)
    if shown.contains(where: { !$0.isGating }) {
      lines.append(Emphasis.dim.applied(to: "* does not decide the verdict", style))
    }
    return lines + hidden(shown.count, width, style)
  }

  /// A metric's name as people say it, and its id, which options and files take.
  private func heading(_ metric: String, _ width: Int) -> [TextTable.Cell] {
    let title = title(of: metric)
    if metric.hasPrefix(title) { return [.init(metric, .strong)] }
    let line = "\(title) · \(metric)"
    return line.count <= width
      ? [.init(line, .strong)] : [.init(title, .strong), .init("  \(metric)", .dim)]
  }

  private func hidden(_ shown: Int, _ width: Int, _ style: TextStyle) -> [String] {
    guard shown < rows.count else { return [] }
    let rest = rows.filter { !$0.isWorthALine }
    let counts = [Finding.noChange, .notMeasurable, .inconclusive].compactMap { finding in
      let n = rest.count { $0.finding == finding }
      return n > 0 ? "\(n) \(finding.rawValue)" : nil
    }
    let text = "Not shown: \(counts.joined(separator: ", ")) (--all shows them)"
    return wrapped(text, width: width).map { Emphasis.dim.applied(to: $0, style) }
  }

  // MARK: Deadlines

  private func deadlineLines(_ width: Int, _ style: TextStyle) -> [String] {
    VerdictReport.Deadline.lines(deadlines ?? [], width, style) {
      "\($0.standing): \(fullTitle(of: $0.metric))"
    }
  }

  // MARK: Shapes

  /// Certain ones, and those of metrics that moved.
  private func shapeLines(_ width: Int, _ style: TextStyle, _ showsAll: Bool) -> [String] {
    let moved = Set(rows.filter(\.finding.isMove).map(\.metric))
    let shown = shapes.filter { showsAll || $0.isCertain || moved.contains($0.metric) }
    guard !shown.isEmpty else { return [] }
    return [Emphasis.strong.applied(to: "Shape", style)]
      + shown.flatMap {
        wrapped("- \(fullTitle(of: $0.metric)): \($0.text)", width: width, indent: "  ")
      }
  }

  // MARK: Distributions

  private func bars(_ width: Int, _ style: TextStyle) -> [String] {
    var lines: [String] = []
    for distribution in distributions.prefix(Self.shownDistributions) {
      if !lines.isEmpty { lines.append("") }
      lines.append(
        Emphasis.strong.applied(
          to: shortened(oneLine(distribution.metric), to: width), style))
      lines += DistributionBars.lines(
        distribution.bins,
        names: (
          "\(reference.name), \(humanCount(distribution.referenceCount)) events",
          "\(candidate.name), \(humanCount(distribution.candidateCount)) events"
        ), width: width, style: style)
    }
    let more = distributions.count - Self.shownDistributions
    if more > 0 {
      lines += [
        "",
        Emphasis.dim.applied(
          to: "\(counted(more, "more distribution")) moved; --format json has them", style),
      ]
    }
    return lines
  }

  // MARK: Facts

  private func facts(_ width: Int, _ style: TextStyle) -> [String] {
    var facts = [
      ("reference", arm(reference)), ("candidate", arm(candidate)),
    ]
    let same = probes.filter { $0.reference == $0.candidate && $0.reason.isEmpty }
    if !same.isEmpty {
      let list = same.map { "\($0.name) (\($0.reference))" }.joined(separator: ", ")
      facts.append(("probes", list))
    }
    for probe in probes where probe.reference != probe.candidate || !probe.reason.isEmpty {
      let states =
        probe.reference == probe.candidate
        ? probe.reference : "\(probe.reference) -> \(probe.candidate), \(comparing(probe))"
      let reason = probe.reason.isEmpty ? "" : " (\(probe.reason))"
      facts.append(("probe", "\(probe.name): \(states)\(reason)"))
    }
    if let worst = losses.max(by: {
      max($0.reference, $0.candidate) < max($1.reference, $1.candidate)
    }) {
      facts.append(
        (
          "losses",
          "at most \(humanShare(worst.reference)) of reference,"
            + " \(humanShare(worst.candidate)) of candidate operations (\(worst.metric))"
        ))
    }
    if let text = overhead.text { facts.append(("overhead", text)) }
    if let text = bench { facts.append(("bench", text)) }
    facts += conditions.filter { $0.kind == "firmware" }.map { ("firmware", $0.text) }
    facts += reasons.map { ("note", $0) }
    let label = facts.map(\.0.count).max() ?? 0
    return facts.flatMap { name, text in
      let indent = String(repeating: " ", count: label + 2)
      let lines = wrapped(text, width: width - label - 2)
      return lines.enumerated().map { index, line in
        index == 0
          ? Emphasis.dim.applied(to: padded(name, label), style) + "  " + line : indent + line
      }
    }
  }

  /// What became of a probe's metrics whose ways to the kernel differ: they are compared where the user
  /// asked for it.
  func comparing(_ probe: Probe) -> String {
    rows.contains { MetricID.probe(ofMetric: $0.metric) == probe.name && $0.change != nil }
      ? "compared all the same" : "so not compared"
  }

  /// The conditions that both arms were measured in, one text where they are the same.
  private var bench: String? {
    let parts = CovariateSummary.shown.compactMap { name, title -> String? in
      let old = reference.covariates.first { $0.name == name }?.text
      let new = candidate.covariates.first { $0.name == name }?.text
      guard old != nil || new != nil else { return nil }
      return old == new ? "\(title) \(old ?? "")" : "\(title) \(old ?? "-") -> \(new ?? "-")"
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private func arm(_ arm: Arm) -> String {
    let build = arm.build.isEmpty || arm.build == arm.name ? "" : " (\(arm.build))"
    let causes = arm.dropCauses.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let why = causes.isEmpty ? "" : " (\(causes))"
    let dropped = arm.dropped > 0 ? ", \(arm.dropped) dropped\(why)" : ""
    return "\(arm.name)\(build), kernel \(arm.kernelRelease), \(counted(arm.runs, "run")),"
      + " \(counted(arm.iterations, "iteration"))\(dropped)"
  }

  private func advice(_ width: Int, _ style: TextStyle) -> [String] {
    guard !nextSteps.isEmpty else { return [] }
    return [Emphasis.strong.applied(to: "What next", style)]
      + nextSteps.flatMap { wrapped("- \($0)", width: width, indent: "  ") }
  }
}

extension VerdictReport.Row {
  /// Rows that say nothing is different, or nothing at all about a metric that does not decide,
  /// are shown on demand; not those that keep the firmware from passing all the same.
  fileprivate var isWorthALine: Bool {
    switch finding {
    case .noChange, .notMeasurable: isBlocking
    case .inconclusive: isBlocking || isWaived
    case .regression, .improvement, .invalid, .probeLost: true
    }
  }
}

extension VerdictReport.Overhead {
  fileprivate var text: String? {
    func arm(
      _ name: String, _ cpu: Double?, _ slowdown: Double?, _ interval: Interval?
    ) -> String? {
      let range = interval.map { " (\(humanChange($0.lower)) … \(humanChange($0.upper)))" } ?? ""
      let parts = [
        cpu.map { "\(humanShare($0)) of CPU time" },
        slowdown.map { "workload \(humanChange($0))\(range)" },
      ].compactMap(\.self)
      return parts.isEmpty ? nil : "\(name) \(parts.joined(separator: ", "))"
    }
    let arms = [
      arm("reference", referenceCPU, referenceSlowdown, referenceInterval),
      arm("candidate", candidateCPU, candidateSlowdown, candidateInterval),
    ].compactMap(\.self)
    return arms.isEmpty ? nil : arms.joined(separator: "; ")
  }
}
