/// Cells of a terminal, row by row; what does not fit is left out.
package struct ScreenCanvas: Sendable, Equatable {
  /// One column of a row.
  struct Cell: Sendable, Equatable {
    /// Empty under the second half of a wide character.
    var text = " "
    var style = ScreenStyle.plain
  }

  package let width: Int
  package let height: Int
  private(set) var rows: [[Cell]]

  /// A blank screen; sizes below 0 count as 0.
  package init(width: Int, height: Int) {
    self.width = max(0, width)
    self.height = max(0, height)
    rows = Array(repeating: Array(repeating: Cell(), count: self.width), count: self.height)
  }

  /// The rows without styles, each in at most ``width`` columns.
  package var lines: [String] {
    rows.map { row in trimmed(row.map(\.text).joined()) }
  }

  /// Styles of a row, cell by cell.
  func styles(row: Int) -> [ScreenStyle] { rows[row].map(\.style) }

  /// Writes text that may come from anywhere; it ends at `limit` columns, or at the row's end.
  mutating func put(
    _ text: String, row: Int, column: Int, limit: Int = .max, _ style: ScreenStyle = .plain
  ) {
    guard rows.indices.contains(row), column >= 0 else { return }
    let end = min(width, limit < width ? column + limit : width)
    var column = column
    for character in oneLine(text) {
      let columns = CharacterWidth.columns(of: character)
      if columns == 0 { continue }
      guard column + columns <= end else { return }
      rows[row][column] = Cell(text: String(character), style: style)
      for next in column + 1..<max(column + columns, column + 1) {
        rows[row][next] = Cell(text: "", style: style)
      }
      column += columns
    }
  }

  /// The same, ending at a column (exclusive).
  mutating func put(_ text: String, row: Int, endingAt end: Int, _ style: ScreenStyle = .plain) {
    put(text, row: row, column: max(0, end - CharacterWidth.columns(of: text)), style)
  }
}
