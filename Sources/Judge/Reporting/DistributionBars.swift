/// Distributions as horizontal bars, side by side.
enum DistributionBars {
  /// A column of bars.
  typealias Arm = (name: String, emphasis: (Int) -> Emphasis)

  /// Rows from the lowest value to the highest: its text, and a share for each arm. Below a line with
  /// the arms' names, unless they have none.
  static func lines(
    _ rows: [(label: String, shares: [Double])], arms: [Arm], width: Int, style: TextStyle
  ) -> [String] {
    let labelWidth = rows.map(\.label.count).max() ?? 0
    let shareWidth = 6
    // Longer bars would say no more.
    let width = min(width, 120)
    // Indent, label, and per arm: gap, bar, gap, share.
    let arms = arms.isEmpty ? [("", { _ in .none })] : arms
    let barWidth = max(
      6, (width - 2 - labelWidth - arms.count * (2 + 1 + shareWidth)) / arms.count)
    let largest = rows.flatMap(\.shares).max() ?? 0
    let armWidth = barWidth + 1 + shareWidth
    let names = arms.map {
      padded(shortened(oneLine($0.name), to: armWidth), armWidth)
    }
    let title = trimmed(
      String(repeating: " ", count: 4 + labelWidth) + names.joined(separator: "  "))
    return (title.isEmpty ? [] : [Emphasis.dim.applied(to: title, style)])
      + rows.enumerated().map { index, row in
        let bars = zip(row.shares, arms).map { share, arm in
          let bar = bar(share, of: largest, width: barWidth)
          let text = share > 0 ? humanShare(share) : ""
          return "  " + arm.emphasis(index).applied(to: bar, style)
            + String(repeating: " ", count: barWidth - bar.count + 1 + shareWidth - text.count)
            + text
        }
        return trimmed("  " + leftPadded(row.label, labelWidth) + bars.joined())
      }
  }

  /// Two distributions, reference left, candidate right.
  static func lines(
    _ bins: [VerdictReport.Distribution.Bin], names: (reference: String, candidate: String),
    width: Int,
    style: TextStyle
  ) -> [String] {
    lines(
      bins.map { (humanTime(nanoseconds: $0.lower), [$0.reference, $0.candidate]) },
      arms: [(names.reference, { _ in .none }), (names.candidate, { emphasis(bins[$0]) })],
      width: width, style: style)
  }

  /// Rows that hold clearly more or less of the candidate's events.
  private static func emphasis(_ bin: VerdictReport.Distribution.Bin) -> Emphasis {
    let difference = bin.candidate - bin.reference
    return abs(difference) < 0.02 ? .none : .doubtful
  }

  /// A bar in eighths of a column; a share above zero is always visible.
  private static func bar(_ share: Double, of largest: Double, width: Int) -> String {
    guard share > 0, largest > 0 else { return "" }
    let eighths = max(1, Int((share / largest * Double(width * 8)).rounded()))
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    return String(repeating: "█", count: eighths / 8) + partial
  }
}

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

func leftPadded(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

func trimmed(_ line: String) -> String {
  var line = line
  while line.last == " " { line.removeLast() }
  return line
}
