/// Two distributions as horizontal bars, reference left, candidate right.
enum DistributionBars {
  /// Rows from the lowest value to the highest, below a line with the arms' names.
  static func lines(
    _ bins: [VerdictReport.Distribution.Bin], names: (reference: String, candidate: String),
    width: Int,
    style: TextStyle
  ) -> [String] {
    let labels = bins.map { humanTime(nanoseconds: $0.lower) }
    let labelWidth = labels.map(\.count).max() ?? 0
    let shareWidth = 6
    // Longer bars would say no more.
    let width = min(width, 120)
    // Indent, label, and per arm: gap, bar, gap, share.
    let barWidth = max(6, (width - 2 - labelWidth - 2 * (2 + 1 + shareWidth)) / 2)
    let largest = bins.map { max($0.reference, $0.candidate) }.max() ?? 0
    let armWidth = barWidth + 1 + shareWidth
    let indent = String(repeating: " ", count: 2 + labelWidth)
    let title =
      indent + "  " + padded(shortened(oneLine(names.reference), to: armWidth), armWidth) + "  "
      + shortened(oneLine(names.candidate), to: armWidth)
    return [Emphasis.dim.applied(to: title, style)]
      + zip(bins, labels).map { bin, label in
        let arms = [(bin.reference, Emphasis.none), (bin.candidate, emphasis(bin))].map {
          share, emphasis in
          let bar = bar(share, of: largest, width: barWidth)
          let text = share > 0 ? humanShare(share) : ""
          return "  " + emphasis.applied(to: bar, style)
            + String(repeating: " ", count: barWidth - bar.count + 1 + shareWidth - text.count)
            + text
        }
        return trimmed("  " + leftPadded(label, labelWidth) + arms.joined())
      }
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
