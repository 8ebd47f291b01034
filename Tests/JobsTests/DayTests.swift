import Foundation
import Testing

@testable import Jobs

/// Days as waivers have them.
@Suite struct DayTests {
  @Test(arguments: ["2027-01-31", "2028-02-29"])
  func daysOfTheCalendarAreRead(text: String) throws {
    #expect(try #require(Day(argument: text)).description == text)
  }

  @Test(arguments: ["2027-02-29", "2027-13-01", "2027-1-1", "tomorrow", "", "2027-01-31T00:00:00Z"])
  func othersAreRefused(text: String) {
    #expect(Day(argument: text) == nil)
  }

  @Test func daysAreOrderedAndInUTC() {
    let late = Date(timeIntervalSince1970: 86_399)
    #expect(Day(late).description == "1970-01-01")
    #expect(Day(late) < Day(late.addingTimeInterval(1)))
  }
}
