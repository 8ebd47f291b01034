import Foundation

/// Rows that a command lists: for people as `text` lays them out, for programs as they are.
package struct ListedRows<Row: Encodable & Sendable>: Reportable, TextReport, JSONReport {
  package let rows: [Row]
  private let lines: @Sendable ([Row], ReportLayout) -> String

  /// - Parameters:
  ///   - rows: in the order of the list.
  ///   - text: the rows for people, with a newline after each line.
  package init(_ rows: [Row], text: @escaping @Sendable ([Row], ReportLayout) -> String) {
    self.rows = rows
    lines = text
  }

  package init(_ rows: [Row], listing: Listing) {
    self.init(rows) { _, layout in listing.text(width: layout.width, style: layout.style) }
  }

  package func text(_ layout: ReportLayout) -> String { lines(rows, layout) }

  package func json() throws -> Data { try encodedJSON(rows) }
}
