/// The name of a report: the first 16 bytes of the SHA-256 of its bytes.
///
/// Who sends a report again sends the same name, and nobody can give one name to two contents.
package struct ReportID: SixteenBytes {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}
