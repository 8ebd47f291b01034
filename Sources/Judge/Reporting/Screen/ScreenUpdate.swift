/// What a terminal is sent so that it shows a screen: only what differs from the one it shows.
package enum ScreenUpdate {
  /// Unchanged cells between two changed ones that are cheaper to send than to jump over.
  private static let bridge = 6

  /// - Parameters:
  ///   - old: what the terminal shows; nil = not known, or of another size.
  ///   - new: what it is to show.
  ///   - palette: how styles are shown.
  /// - Returns: text and control sequences of ECMA-48; empty where nothing differs.
  package static func text(
    from old: ScreenCanvas?, to new: ScreenCanvas, _ palette: ScreenPalette
  ) -> String {
    let isSame = old?.width == new.width && old?.height == new.height
    let known = isSame ? old : nil
    var result = known == nil ? "\u{1b}[0m\u{1b}[2J" : ""
    let blank = ScreenCanvas(width: new.width, height: new.height)
    var style = ScreenStyle.plain
    for row in 0..<new.height {
      let before = (known ?? blank).rows[row]
      let after = new.rows[row]
      for run in changes(before, after) {
        result += "\u{1b}[\(row + 1);\(run.lowerBound + 1)H"
        for cell in after[run] {
          if cell.style != style {
            style = cell.style
            let parameters = palette.parameters(of: style)
            result += "\u{1b}[0\(parameters.isEmpty ? "" : ";" + parameters)m"
          }
          result += cell.text
        }
      }
    }
    return style == .plain ? result : result + "\u{1b}[0m"
  }

  /// Ranges of cells to be sent, none of which begins inside a wide character.
  private static func changes(
    _ before: [ScreenCanvas.Cell], _ after: [ScreenCanvas.Cell]
  ) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for column in after.indices where before[column] != after[column] {
      var start = column
      while start > 0, after[start].text.isEmpty || before[start].text.isEmpty { start -= 1 }
      var end = column + 1
      while end < after.count, after[end].text.isEmpty || before[end].text.isEmpty { end += 1 }
      if let last = runs.last, start - last.upperBound <= bridge {
        runs[runs.count - 1] = last.lowerBound..<max(last.upperBound, end)
      } else {
        runs.append(start..<end)
      }
    }
    return runs
  }
}
