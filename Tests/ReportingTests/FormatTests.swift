import Foundation
import Testing

@testable import Reporting

struct FormatTests {
  @Test func everyResultHasTextAndJSON() {
    let names = [
      VerdictReport.formats.map(\.name), RunReport.formats.map(\.name),
      NoiseReport.formats.map(\.name), HistoryReport.formats.map(\.name),
      PoolReport.formats.map(\.name), SurveyReport.formats.map(\.name),
      PreflightReport.formats.map(\.name), SimulationReport.formats.map(\.name),
      DeviceListing.formats.map(\.name), ProbeListing.formats.map(\.name),
      ListedRows<String>.formats.map(\.name),
    ]
    for own in names {
      #expect(own.prefix(2) == ["terminal", "json"])
      #expect(Set(own).count == own.count)
    }
  }

  @Test func formatsAreFoundByName() throws {
    let layout = ReportLayout(width: 80)
    let text = try #require(VerdictReport.format(named: "terminal"))
    let expected = verdictReport.text(width: 80, style: .plain)
    #expect(try text.document(verdictReport, layout) == expected)
    let json = try #require(VerdictReport.format(named: "json"))
    #expect(
      try json.document(verdictReport, layout)
        == String(decoding: try verdictReport.json(), as: UTF8.self))
    #expect(VerdictReport.format(named: "JSON") == nil)
  }

  @Test func listedRowsAreLaidOutOrEncoded() throws {
    var listing = Listing([.init("word")])
    listing.add(["one"])
    let rows = ListedRows(["one"], listing: listing)
    #expect(rows.text(.file) == "word\none\n")
    #expect(String(decoding: try rows.json(), as: UTF8.self) == "[\n  \"one\"\n]\n")
  }
}
