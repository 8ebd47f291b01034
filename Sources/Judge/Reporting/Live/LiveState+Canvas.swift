import Foundation
import RunRecords

extension LiveState {
  /// Smaller terminals show nothing but this.
  package static let least = (width: 40, height: 12)

  /// Draws the screen.
  package func canvas(width: Int, height: Int, glyphs: ScreenGlyphs = .unicode) -> ScreenCanvas {
    var canvas = ScreenCanvas(width: width, height: height)
    guard width >= Self.least.width, height >= Self.least.height else {
      canvas.put(
        "latgate live needs \(Self.least.width) columns and \(Self.least.height) rows", row: 0,
        column: 0)
      return canvas
    }
    drawHead(&canvas, glyphs)
    if showsHelp {
      drawHelp(&canvas, glyphs)
    } else {
      let rows = rows
      let selection = selection(of: rows)
      let count = min(max(rows.count, 1), max(3, (height - 6) / 3))
      let place = rows.firstIndex { $0.id == selection } ?? 0
      // The selected row is in the middle where there are more than fit.
      let first = min(max(0, place - count / 2), max(0, rows.count - count))
      drawTable(&canvas, rows, first: first, count: count, selection, glyphs)
      LiveChart(
        state: self, row: rows.indices.contains(place) ? rows[place] : nil, glyphs: glyphs
      ).draw(on: &canvas, rows: 3 + count..<height - 1)
    }
    drawFoot(&canvas, glyphs)
    return canvas
  }

  private func drawHead(_ canvas: inout ScreenCanvas, _ glyphs: ScreenGlyphs) {
    let time = humanSpan(.seconds(history.seconds))
    let window = span == .all ? "since the start" : "last \(Int(Self.recent)) s"
    let right = (frozen == nil ? "" : "FROZEN  ") + "\(window)  \(time)"
    let width = CharacterWidth.columns(of: right)
    let left = "latgate live  \(oneLine(subject.device))  \(oneLine(subject.kernel))"
    canvas.put(
      fitted(left, columns: max(0, canvas.width - width - 2), ellipsis: glyphs.ellipsis), row: 0,
      column: 0, .strong)
    canvas.put(right, row: 0, endingAt: canvas.width, frozen == nil ? .strong : .warning)
    let cost = use.text + (subject.pace.map { "  \($0)" } ?? "")
    canvas.put(
      fitted(oneLine(cost), columns: canvas.width, ellipsis: glyphs.ellipsis), row: 1, column: 0,
      .dim)
  }

  // MARK: the table

  /// Columns right of the metric's name, the last one first to be left out.
  private static let columns: [(title: String, width: Int)] = [
    ("rate", 10), ("p50", 9), ("p90", 9), ("p99", 9), ("lost", 6), ("tier", 4), ("p99 to ref", 10),
  ]
  private static let leastName = 24

  /// How many of the columns there is room for, and the width of names.
  private static func layout(_ width: Int) -> (columns: Int, name: Int) {
    var count = columns.count
    func left() -> Int { width - 2 - columns.prefix(count).reduce(0) { $0 + $1.width + 1 } }
    while count > 0, left() < leastName { count -= 1 }
    return (count, left())
  }

  private func drawTable(
    _ canvas: inout ScreenCanvas, _ rows: [Row], first: Int, count: Int, _ selection: MetricID?,
    _ glyphs: ScreenGlyphs
  ) {
    let layout = Self.layout(canvas.width)
    let columns = Self.columns.prefix(layout.columns)
    let more = rows.count > count ? ", \(first + 1)-\(first + count) of \(rows.count)" : ""
    canvas.put("by \(order.rawValue)\(more)", row: 2, column: 2, limit: layout.name, .dim)
    var end = 2 + layout.name
    for column in columns {
      end += column.width + 1
      canvas.put(column.title, row: 2, endingAt: end, .dim)
    }
    guard !rows.isEmpty else { return canvas.put("waiting for events", row: 3, column: 2, .dim) }
    for (offset, row) in rows[first..<min(first + count, rows.count)].enumerated() {
      let line = 3 + offset
      let isSelected = row.id == selection
      if isSelected { canvas.put(glyphs.cursor, row: line, column: 0, .strong) }
      canvas.put(
        fitted(oneLine(row.text), columns: layout.name, ellipsis: glyphs.ellipsis), row: line,
        column: 2, isSelected ? .selected : row.isKnown ? .plain : .dim)
      var end = 2 + layout.name
      for (column, cell) in zip(columns, cells(row)) {
        end += column.width + 1
        canvas.put(
          fitted(cell.text, columns: column.width, ellipsis: glyphs.ellipsis), row: line,
          endingAt: end, cell.style)
      }
    }
  }

  /// A number in at most five characters, below a thousand millions of millions.
  private static func short(_ value: Double) -> String {
    for (suffix, scale) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where value >= scale * 10 {
      return threeDigits(value / scale) + suffix
    }
    return threeDigits(value)
  }

  private func cells(_ row: Row) -> [(text: String, style: ScreenStyle)] {
    let histogram = row.histogram
    let lost = shown.lossShare(of: row.id.name, in: span)
    let change = change(of: row)
    func value(_ probability: Double) -> (text: String, style: ScreenStyle) {
      guard let histogram, let value = histogram.quantile(probability) else {
        return ("-", .dim)
      }
      // Few events beyond a quantile: it is no more than a hint.
      let isFirm = Double(histogram.count) * (1 - probability) >= 10
      return (humanValue(value, unit: row.id.unit), isFirm ? .plain : .dim)
    }
    let loss = lost.map { ($0 == 0 ? "0" : humanShare($0)) } ?? "-"
    let tier = row.isKnown ? row.id.tier.rawValue : "-"
    return [
      ("\(Self.short(row.rate))/s", .plain), value(0.5), value(0.9), value(0.99),
      (loss, (lost ?? 0) > 0.001 ? .warning : .plain), (tier, .plain),
      (
        change.map(humanChange) ?? "-",
        change.map { abs($0) >= 0.2 ? .warning : .plain } ?? .dim
      ),
    ]
  }

  // MARK: the last line, and help

  private func drawFoot(_ canvas: inout ScreenCanvas, _ glyphs: ScreenGlyphs) {
    let row = canvas.height - 1
    if let message {
      return canvas.put(
        fitted(oneLine(message.text), columns: canvas.width, ellipsis: glyphs.ellipsis), row: row,
        column: 0, message.isWarning ? .warning : .strong)
    }
    let keys = [
      "? help", "q quit", "\(glyphs.arrows) choose", "s sort", "f freeze", "w save", "m mark",
      "a all", "r reference", "p perfetto",
    ]
    var line = ""
    for key in keys {
      let next = line.isEmpty ? key : "\(line)  \(key)"
      guard CharacterWidth.columns(of: next) <= canvas.width else { break }
      line = next
    }
    canvas.put(line, row: row, column: 0, .dim)
  }

  private func drawHelp(_ canvas: inout ScreenCanvas, _ glyphs: ScreenGlyphs) {
    let lines = [
      "\(glyphs.arrows)  choose a metric (also Home, End, pages)",
      "s   sort by name, rate, p99, change of p99",
      "f   freeze the screen; counting goes on",
      "a   numbers of all time, or of the last 10 s",
      "r   what is shown now becomes the reference",
      "m   set a mark: in the picture, and in the record",
      "w   save a record of what was measured, and go on",
      "p   record 5 s with the device's perfetto",
      "q   quit; ctrl-C too",
      "Left: the distribution \(glyphs.full), the reference \(glyphs.ghost) and \(glyphs.ghostEnd).",
      "Right: the same over time, darker = more events.",
      "Any key goes back.",
    ]
    for (number, line) in lines.prefix(canvas.height - 3).enumerated() {
      canvas.put(line, row: 2 + number, column: 1)
    }
  }
}
