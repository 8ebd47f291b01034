import Foundation

/// Rows of things that are listed, for people and for programs.
package struct Listing: Sendable, Equatable {
  /// A column and how it is laid out.
  package struct Column: Sendable, Equatable {
    package var title: String
    /// Numbers stand on the right.
    package var isNumber: Bool

    package init(_ title: String, isNumber: Bool = false) {
      self.title = title
      self.isNumber = isNumber
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []
  /// Below a row's number, in dim letters.
  private var notes: [Int: [String]] = [:]

  package init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row with a text for every column, and lines that stand below it.
  package mutating func add(_ cells: [String], notes lines: [String] = []) {
    if !lines.isEmpty { notes[rows.count] = lines }
    rows.append(cells)
  }

  /// The table, with a newline after each line.
  package func text(width: Int, style: TextStyle) -> String {
    var table = TextTable(
      columns: columns.enumerated().map { position, column in
        .init(
          title: column.title, alignment: column.isNumber ? .right : .left,
          isElastic: position == columns.count - 1)
      })
    for (position, row) in rows.enumerated() {
      table.rows.append(.cells(row.map { .init($0) }))
      for note in notes[position] ?? [] {
        for line in wrapped(note, width: width - 2) {
          table.rows.append(.heading(.init("  \(line)", .dim)))
        }
      }
    }
    return table.lines(width: width, style: style).map { $0 + "\n" }.joined()
  }
}

/// JSON as every report writes it: sorted keys, indented, one newline at the end.
package func encodedJSON(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.dateEncodingStrategy = .iso8601
  var data = try encoder.encode(value)
  data.append(UInt8(ascii: "\n"))
  return data
}
