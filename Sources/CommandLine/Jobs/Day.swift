import Foundation

/// A day of the calendar, UTC, as `2027-01-31`.
package struct Day: Comparable, CustomStringConvertible {
  package let description: String

  package init(_ date: Date) {
    description = String(date.formatted(.iso8601).prefix(10))
  }

  package init?(argument: String) {
    guard argument.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil,
      let date = try? Date(argument + "T00:00:00Z", strategy: .iso8601),
      Day(date).description == argument
    else { return nil }
    description = argument
  }

  package static func < (left: Day, right: Day) -> Bool { left.description < right.description }
}
