/// Bytes that are no report.
package struct ReportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which part of the report, as docs/fleet-reports.md names it.
  package var field: String
  package var reason: String
  /// Where in the bytes.
  package var offset: Int

  package init(field: String, reason: String, offset: Int) {
    self.field = field
    self.reason = reason
    self.offset = offset
  }

  package var description: String { "\(field): \(reason) (byte \(offset))" }
}
