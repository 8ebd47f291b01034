/// Text in columns: measured first, then laid out within a width.
struct TextTable {
  enum Alignment {
    case left, right
  }

  struct Column {
    var title: String
    var alignment: Alignment = .left
    /// Whether the column may be cut to make the table fit.
    var isElastic = false
  }

  struct Cell: ExpressibleByStringInterpolation {
    var text: String
    var emphasis = Emphasis.none

    init(_ text: String, _ emphasis: Emphasis = .none) {
      self.text = oneLine(text)
      self.emphasis = emphasis
    }

    init(stringLiteral value: String) {
      self.init(value)
    }
  }

  /// A line of the table: cells under the columns, or a heading across all of them.
  enum Row {
    case cells([Cell])
    case heading(Cell)
  }

  var columns: [Column]
  var rows: [Row] = []
  /// Spaces before each line.
  var indent = 0

  mutating func add(_ cells: Cell...) {
    rows.append(.cells(cells))
  }

  /// The table's lines, none longer than `width` unless the columns that cannot be cut are.
  func lines(width: Int, style: TextStyle) -> [String] {
    let natural = naturalWidths
    let isTight = lineWidth(natural, gap: 2) > width
    let gap = String(repeating: " ", count: isTight ? 1 : 2)
    let widths = fitted(natural, lineWidth(natural, gap: gap.count) - width)
    let hasTitles = columns.contains { !$0.title.isEmpty }
    let titles = columns.map { Cell($0.title, .dim) }
    return (hasTitles ? [line(titles, widths, gap, style)] : [])
      + rows.map { row in
        switch row {
        case .cells(let cells): line(cells, widths, gap, style)
        case .heading(let cell):
          String(repeating: " ", count: indent)
            + cell.emphasis.applied(to: shortened(cell.text, to: width - indent), style)
        }
      }
  }

  private var naturalWidths: [Int] {
    var widths = columns.map(\.title.count)
    for case .cells(let cells) in rows {
      for (index, cell) in cells.enumerated() {
        widths[index] = max(widths[index], cell.text.count)
      }
    }
    return widths
  }

  private func lineWidth(_ widths: [Int], gap: Int) -> Int {
    indent + gap * (columns.count - 1) + widths.reduce(0, +)
  }

  /// The widths with `excess` taken from elastic columns, as far as it goes.
  private func fitted(_ widths: [Int], _ excess: Int) -> [Int] {
    var widths = widths
    var excess = excess
    for (index, column) in columns.enumerated() where column.isElastic && excess > 0 {
      let cut = min(excess, max(0, widths[index] - 8))
      widths[index] -= cut
      excess -= cut
    }
    return widths
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ gap: String, _ style: TextStyle) -> String {
    var result = String(repeating: " ", count: indent)
    for (index, cell) in cells.enumerated() {
      let text = shortened(cell.text, to: widths[index])
      let padding = String(repeating: " ", count: widths[index] - text.count)
      let painted = cell.emphasis.applied(to: text, style)
      let isLast = index == cells.count - 1
      switch columns[index].alignment {
      case .left: result += painted + (isLast ? "" : padding)
      case .right: result += padding + painted
      }
      result += isLast ? "" : gap
    }
    while result.last == " " { result.removeLast() }
    return result
  }
}

/// The text, cut in the middle when it is longer than `width`: both ends of a metric's name matter.
func shortened(_ text: String, to width: Int) -> String {
  guard text.count > width else { return text }
  guard width > 1 else { return String(text.prefix(max(0, width))) }
  let head = (width - 1 + 1) / 2
  return text.prefix(head) + "…" + text.suffix(width - 1 - head)
}

/// The beginning of a text, of so many characters at most. A character may be made of any number of
/// marks, so that their bytes are bounded as well: four for each, more than letters have.
func cut(_ text: String, to most: Int) -> String {
  var (kept, left, room) = ("", most, 4 * most)
  for character in text {
    room -= character.utf8.count
    guard left > 0, room >= 0 else { return kept + "…" }
    kept.append(character)
    left -= 1
  }
  return kept
}

/// Breaks text at spaces; later lines begin with `indent`. Longer words stay whole.
func wrapped(_ text: String, width: Int, indent: String = "") -> [String] {
  var lines: [String] = []
  var line = ""
  for word in oneLine(text).split(separator: " ") {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = indent
      line += word
    } else {
      line += (line.isEmpty || line == indent ? "" : " ") + word
    }
  }
  if !line.isEmpty { lines.append(line) }
  return lines
}
