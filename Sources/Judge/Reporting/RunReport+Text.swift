import RunRecords

extension RunReport {
  /// Histograms that are drawn unless all are asked for.
  private static let shownHistograms = 6

  /// The report for a terminal or a log, with a newline after each line; with `showsAll` every
  /// histogram is drawn, else those with the most events.
  package func text(width: Int, style: TextStyle, showsAll: Bool = false) -> String {
    var sections = [warnings(width, style), header(width, style)].filter { !$0.isEmpty }
    if !metrics.isEmpty || (counters == nil && events == nil && stacks == nil) {
      sections.append(metricTable(width, style))
    }
    if let deadlines {
      sections.append(VerdictReport.Deadline.lines(deadlines, width, style) { $0.metric })
    }
    let histograms = histograms(width, style, showsAll)
    if !histograms.isEmpty { sections.append(histograms) }
    if counters != nil { sections.append(counterTable(width, style)) }
    for events in events ?? [] {
      sections.append(eventTable(events, width, style, showsAll: showsAll))
    }
    for stacks in stacks ?? [] { sections.append(stackLines(stacks, width, style)) }
    if !scalars.isEmpty { sections.append(scalarTable(width, style)) }
    let notes = notes(width, style)
    if !notes.isEmpty { sections.append(notes) }
    return sections.map { $0.map { $0 + "\n" }.joined() }.joined(separator: "\n")
  }

  /// What must be known before any number is read.
  private func warnings(_ width: Int, _ style: TextStyle) -> [String] {
    cautions.flatMap { text in
      wrapped(text, width: width, indent: "  ").map { Emphasis.bad.applied(to: $0, style) }
    }
  }

  /// Why its numbers say less than they seem to.
  var cautions: [String] {
    (faults ?? []) + invalid.map { "\($0.subject) is invalid: \($0.reason)" }
  }

  /// What was run on what.
  var headline: String {
    let whose = scope.map { ", \($0.text) only" } ?? ""
    return "\(workload) on \(device.name), firmware \(firmware.name)\(whose)"
  }

  /// Model, kernel, tiers and iterations, in one line.
  var circumstances: String {
    [
      device.model, "kernel \(firmware.kernelRelease)", device.abi, tiers,
      counted(iterations, "iteration")
        + (dropped.isEmpty ? "" : ", \(dropped.count) dropped"),
    ].filter { !$0.isEmpty }.joined(separator: " · ")
  }

  private func header(_ width: Int, _ style: TextStyle) -> [String] {
    [Emphasis.strong.applied(to: oneLine(headline), style)]
      + wrapped(circumstances, width: width).map { Emphasis.dim.applied(to: $0, style) }
  }

  /// `tier T2`, or who is in which; empty without probes.
  private var tiers: String {
    guard let tier else { return "" }
    let used = Tier.allCases.filter { tier in probes.contains { $0.tier == tier } }
    guard used.count > 1 else { return "tier \(tier.rawValue)" }
    return "tiers "
      + used.map { tier in
        let names = probes.filter { $0.tier == tier }.map(\.name)
        return "\(tier.rawValue) (\(names.joined(separator: ", ")))"
      }.joined(separator: ", ")
  }

  private func metricTable(_ width: Int, _ style: TextStyle) -> [String] {
    if metrics.isEmpty { return ["No events were measured."] }
    // Names are long: where a line cannot hold all of one, it gets a line of its own.
    let isWide = metrics.allSatisfy { $0.metric.count + 58 <= width }
    var table = TextTable(columns: [
      .init(title: "metric"), .init(title: "count", alignment: .right),
      .init(title: "p50", alignment: .right), .init(title: "p90", alignment: .right),
      .init(title: "p99", alignment: .right), .init(title: "max", alignment: .right),
      .init(title: "lost", alignment: .right),
    ])
    for metric in metrics {
      func quantile(_ name: String, _ value: Double?) -> TextTable.Cell {
        guard let value else { return "-" }
        let isUncertain = metric.uncertain.contains(name)
        return .init(
          (isUncertain ? "~" : "") + humanValue(value, unit: metric.unit),
          isUncertain ? .dim : .none)
      }
      if !isWide { table.rows.append(.heading(.init(metric.metric, .strong))) }
      table.add(
        .init(isWide ? metric.metric : ""), .init(humanCount(metric.count)),
        quantile("p50", metric.p50), quantile("p90", metric.p90), quantile("p99", metric.p99),
        .init(humanValue(Double(metric.max), unit: metric.unit)),
        metric.lossShare.map { .init(humanShare($0), $0 > 0.001 ? .bad : .none) } ?? "-")
    }
    return table.lines(width: width, style: style)
  }

  private func histograms(_ width: Int, _ style: TextStyle, _ showsAll: Bool) -> [String] {
    let full = metrics.filter { $0.count > 0 }
    let most = full.map(\.count).sorted(by: >).prefix(Self.shownHistograms).last ?? 0
    let shown =
      showsAll ? full : Array(full.filter { $0.count >= most }.prefix(Self.shownHistograms))
    var lines = shown.flatMap { metric in
      [Emphasis.strong.applied(to: shortened(oneLine(metric.metric), to: width), style)]
        + DistributionBars.lines(
          metric.bins.map { (humanValue($0.lower, unit: metric.unit), [$0.share]) }, arms: [],
          width: width, style: style) + [""]
    }
    if lines.last?.isEmpty == true { lines.removeLast() }
    let hidden = full.count - shown.count
    if hidden > 0 {
      lines += [
        "",
        Emphasis.dim.applied(
          to: "Not drawn: \(counted(hidden, "histogram")) (--all draws them)", style),
      ]
    }
    return lines
  }

  private func scalarTable(_ width: Int, _ style: TextStyle) -> [String] {
    var table = TextTable(columns: [
      .init(title: "number", isElastic: true), .init(title: "median", alignment: .right),
      .init(title: "lowest", alignment: .right), .init(title: "highest", alignment: .right),
      .init(title: "better"),
    ])
    for scalar in scalars {
      table.add(
        .init(scalar.metric), .init(humanValue(scalar.median, unit: scalar.unit)),
        .init(humanValue(scalar.values.min() ?? 0, unit: scalar.unit)),
        .init(humanValue(scalar.values.max() ?? 0, unit: scalar.unit)), .init(scalar.better))
    }
    return table.lines(width: width, style: style)
  }

  private func notes(_ width: Int, _ style: TextStyle) -> [String] {
    remarks.flatMap { text, emphasis in
      wrapped(text, width: width, indent: "  ").map { emphasis.applied(to: $0, style) }
    }
  }

  /// What is to be known beside the numbers.
  var remarks: [(String, Emphasis)] {
    var notes: [(String, Emphasis)] = []
    if metrics.contains(where: { !$0.uncertain.isEmpty }) {
      notes.append(("~ fewer than 50 events lie beyond this quantile", .dim))
    }
    for metric in metrics where metric.censored > 0 {
      notes.append(
        (
          "\(metric.metric): \(humanCount(metric.censored)) still in flight at the end of a window",
          .doubtful
        ))
    }
    for probe in probes where probe.status != .loaded {
      let reason = probe.reason.map { ": \($0.replacing("\n", with: "; "))" } ?? ""
      notes.append(("probe \(probe.name) is \(probe.status.rawValue)\(reason)", .bad))
    }
    for probe in probes {
      for (metric, reason) in (probe.unsupported ?? [:]).sorted(by: { $0.key < $1.key }) {
        notes.append(("\(metric) is unsupported: \(reason)", .bad))
      }
    }
    for probe in probes {
      guard let check = probe.check, check.isFaulty || check.failure != nil else { continue }
      notes.append(("probe \(probe.name), self-check: \(check.text)", .bad))
    }
    notes += tierNotes.map { ($0, .doubtful) }
    if let btf, !btf.isProven {
      notes.append(
        (
          "\(btf.file) is not proven to be of this kernel: "
            + (btf.buildID == nil
              ? "it has no build-id; name it with btf_build_id or a .build-id file"
              : "the device does not report its build-id"),
          .doubtful
        ))
    }
    for away in interruptions ?? [] {
      let cycles =
        away.powerCycles > 0 ? ", its power cycled \(counted(away.powerCycles, "time"))" : ""
      notes.append(
        (
          "device away for \(humanSpan(seconds: away.awaySeconds))\(cycles), run "
            + "\(away.outcome.rawValue): \(away.cause)",
          .doubtful
        ))
    }
    for note in symbolNotes ?? [] { notes.append((note, .doubtful)) }
    for reason in dropped { notes.append(("iteration dropped: \(reason)", .doubtful)) }
    if let overhead {
      let pairs = counted(overhead.pairs ?? 0, "pair")
      let range =
        overhead.slowdownInterval.map {
          " (\(humanChange($0.low)) … \(humanChange($0.high)), \(pairs))"
        } ?? ""
      let parts = [
        overhead.cpuShare.map { "cost \(humanShare($0)) of CPU time" },
        overhead.slowdown.map { "slow the workload by \(humanChange($0))\(range)" },
      ].compactMap(\.self)
      if !parts.isEmpty { notes.append(("probes \(parts.joined(separator: ", "))", .none)) }
    }
    let bench = CovariateSummary.shown.compactMap { name, title in
      covariates.first { $0.name == name }.map { "\(title) \($0.text)" }
    }
    if !bench.isEmpty { notes.append(("bench: \(bench.joined(separator: ", "))", .dim)) }
    return notes
  }
}

extension InvalidMark {
  /// What the mark is about: a metric, a probe or the run.
  var subject: String {
    metric ?? probe.map { "probe \($0)" } ?? "the run"
  }
}
