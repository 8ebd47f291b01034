import RegressionAnalysis
import RunRecords

extension RunReport {
  /// Where something happened, over all judged iterations.
  package struct Stacks: Sendable, Equatable, Encodable {
    /// One of the places with the largest sums.
    package struct Place: Sendable, Equatable, Encodable {
      package var count: UInt64
      package var sum: UInt64
      package var labels: [String: String]
      /// The innermost first, those of the kernel before those of the process: `name+0x1f [module]`;
      /// an address, or build-id and offset, where there is no name.
      package var frames: [String]
    }

    /// ``MetricID/text``.
    package var metric: String
    /// Of ``total`` and the places' sums.
    package var unit: String
    package var rung: String
    package var count: UInt64
    package var total: UInt64
    package var most: [Place]
    /// How many the iterations have.
    package var stacks: Int
    /// Events without a trace.
    package var dropped: UInt64
    /// For pictures and folded text.
    package var folded: FoldedStacks

    private enum CodingKeys: String, CodingKey {
      case metric, unit, rung, count, total, most, stacks, dropped
    }
  }

  /// Stacks of a record's judged iterations, by metric and phase.
  static func stacks(_ record: RunRecord) -> [Stacks] {
    let names = StackNames(record.symbols)
    return FoldedStacks.all(of: record).map { folded in
      let id = record.id(
        folded.metric, phase: folded.phase, labels: [:], unit: folded.unit)
      var places: [Stacks.Place] = []
      for phase in record.iterations.filter(\.isJudged).flatMap(\.phases)
      where phase.name == folded.phase {
        for part in phase.stacks where part.metric == folded.metric {
          places += part.stacks.map { stack in
            Stacks.Place(
              count: stack.count, sum: stack.sum, labels: part.labels,
              frames: names.kernel(of: stack).map(names.text) + stack.user.map(names.text))
          }
        }
      }
      return Stacks(
        metric: id.text, unit: id.unit, rung: id.rung,
        count: folded.stacks.reduce(0) { $0 &+ $1.count }, total: folded.total,
        most: Array(places.sorted { $1.sum < $0.sum }.prefix(shownStacks)), stacks: places.count,
        dropped: folded.dropped, folded: folded)
    }
  }

  /// Stacks of a metric that are shown; the record has all.
  private static let shownStacks = 5
  /// Functions of a metric that are shown.
  private static let shownFunctions = 10

  func stackLines(_ stacks: Stacks, _ width: Int, _ style: TextStyle) -> [String] {
    let title = "\(stacks.metric): \(stacks.summary)"
    var table = TextTable(columns: [
      .init(title: "share", alignment: .right), .init(title: "own", alignment: .right),
      .init(title: "function", isElastic: true),
    ])
    for (frame, sum) in FlameTree([stacks.folded]).own().prefix(Self.shownFunctions) {
      table.add(
        .init(humanShare(Double(sum) / Double(max(1, stacks.total)))),
        .init(humanValue(Double(sum), unit: stacks.unit)), .init(frame.text))
    }
    var lines = [Emphasis.strong.applied(to: shortened(oneLine(title), to: width), style)]
    lines += table.lines(width: width, style: style)
    for place in stacks.most {
      let whose = StackNames.text(of: place.labels)
      lines += wrapped(
        "\(humanValue(Double(place.sum), unit: stacks.unit))"
          + "\(whose.isEmpty ? "" : " \(oneLine(whose))"): "
          + (place.frames.isEmpty
            ? "no frames" : place.frames.map(oneLine).joined(separator: " < ")),
        width: width, indent: "  ")
    }
    if stacks.dropped > 0 {
      lines.append(
        Emphasis.doubtful.applied(
          to: "\(humanCount(stacks.dropped)) events have no whole stack", style))
    }
    return lines
  }
}

extension RunReport.Stacks {
  /// `3 s in 20 stacks, 300 events`
  var summary: String {
    let whole = humanValue(Double(total), unit: unit)
    return "\(whole) in \(counted(stacks, "stack")), \(humanCount(count)) events"
  }
}

extension StackFrame {
  /// For people: code of processes and of the kernel may have the same names.
  var text: String { side == .kernel ? "\(name) (kernel)" : name }
}
