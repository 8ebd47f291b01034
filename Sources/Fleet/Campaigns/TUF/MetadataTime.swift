import Foundation

/// A second in UTC, as metadata write it: `2030-01-31T23:59:59Z`.
package struct MetadataTime: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Since 1970.
  package let seconds: Int64

  package init(seconds: Int64) { self.seconds = seconds }

  package init(_ date: Date) {
    self.init(seconds: Int64(date.timeIntervalSince1970.rounded(.down)))
  }

  /// - Returns: nil unless the text is exactly of that form.
  package init?(_ text: String) {
    guard let date = try? Date(text, strategy: .iso8601) else { return nil }
    self.init(date)
    guard description == text else { return nil }
  }

  package var description: String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }

  package func adding(seconds more: Int64) -> MetadataTime { MetadataTime(seconds: seconds + more) }

  package static func < (left: MetadataTime, right: MetadataTime) -> Bool {
    left.seconds < right.seconds
  }
}
