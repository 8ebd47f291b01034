import ForeignReaders
import Foundation
import RunRecords
import Testing

@testable import Reporting

/// Pages in a real browser, in a wide window and in a narrow one.
@Suite(.serialized, .enabled(if: Browser.isInstalled, "no Chromium is installed: run ci/setup"))
struct BrowserTests {
  /// No line on the console, no request, nothing wider than the window, folded or not.
  @Test func everyKindOfPageIsSound() throws {
    var pages: [(name: String, html: String)] = [
      ("regression", try document(slowReport.get(), "html")),
      ("pass", try document(unchangedReport.get(), "html")),
      ("history", try document(HistoryPageTests.report(builds: 300), "html")),
      ("build", try document(BuildReportTests.report, "html")),
      ("run", try document(RunReport(RunPageTests.run()), "html")),
      ("profiles", try ProfilePageTests.page()),
      (
        "campaign",
        CampaignPage(CampaignPageTests.overview, verdicts: [CampaignPageTests.report(slower: 1)])
          .html
      ),
      (
        "campaigns",
        CampaignListPage([.init(campaign: "disk-1", devices: nil, last: nil)], k: 20).html
      ),
    ]
    // Names of the worst sort: long, and without a place to break.
    var long = verdictReport
    for index in long.rows.indices {
      long.rows[index].metric += String(repeating: "x", count: 200)
      long.rows[index].note = String(repeating: "y", count: 200)
    }
    long.candidate.name = String(repeating: "z", count: 200)
    pages.append(("long-names", try document(long, "html")))
    let visits = try Browser.visits(to: pages)
    #expect(visits.count == 2 * pages.count)
    for visit in visits {
      #expect(visit.problems == [], "\(visit.page) at \(visit.width)")
    }
  }

  /// All answers are seen without scrolling: the header ends inside the window.
  @Test func answersFitOnTheFirstScreen() throws {
    let pages: [(name: String, html: String)] = try RealReportsTests.cases.map { one in
      (
        one.name.replacing(" ", with: "-").replacing("'", with: ""),
        try document(RealRuns.report(one.input()), "html")
      )
    }
    let visits = try Browser.visits(to: pages)
    #expect(visits.count == 2 * pages.count)
    for visit in visits {
      #expect(visit.problems == [], "\(visit.page) at \(visit.width)")
      let end = try #require(visit.header)
      #expect(visit.width < 1280 || end <= 800, "\(visit.page): \(end) px")
    }
  }

  /// What these tests look for is found where it is.
  @Test func faultsAreFound() throws {
    let html = """
      <!DOCTYPE html><html lang="en"><head><title>t</title></head><body><main>
      <img src="http://192.0.2.1/x.png" alt=""><div style="width:3000px">wide</div>
      <script>console.log("said"); missing()</script></main></body></html>
      """
    let visits = try Browser.visits(to: [("faulty", html)])
    #expect(visits.count == 2)
    for visit in visits {
      let problems = visit.problems.joined(separator: "\n")
      for words in [
        "requests http://192.0.2.1/x.png", "console log: said", "missing is not defined",
        "px wider than the window",
      ] {
        #expect(problems.contains(words), "\(problems)")
      }
    }
  }
}
