import Foundation
import Testing

@testable import Reporting

struct VerdictReportTests {
  @Test func regressionWide() throws {
    try expectSnapshot(verdictReport.text(width: 120, style: .plain), "verdict-regression-120.txt")
  }

  @Test func regressionNarrow() throws {
    let text = verdictReport.text(width: 80, style: .plain)
    try expectSnapshot(text, "verdict-regression-80.txt")
    #expect(longestLine(text) <= 80)
  }

  @Test func everyRow() throws {
    try expectSnapshot(
      verdictReport.text(width: 100, style: .plain, showsAll: true), "verdict-all-100.txt")
  }

  @Test func colourChangesNothingElse() throws {
    let colour = verdictReport.text(width: 80, style: .colour)
    try expectSnapshot(colour, "verdict-regression-80-colour.txt")
    #expect(withoutColour(colour) == verdictReport.text(width: 80, style: .plain))
  }

  @Test func json() throws {
    let data = try verdictReport.json()
    try expectSnapshot(String(decoding: data, as: UTF8.self), "verdict-regression.json")
    #expect(try verdictReport.json() == data)
  }

  @Test func otherOutcomes() throws {
    var report = verdictReport
    report.distributions = []
    report.outcome = .pass
    report.rows = report.rows.filter { $0.finding == .noChange }
    report.next = []
    var text = report.text(width: 80, style: .plain)
    report.outcome = .inconclusive
    report.rows[0].finding = .inconclusive
    report.candidate.runs = 7
    text += "\n" + report.text(width: 80, style: .plain)
    report.outcome = .invalid
    report.faults = ["probe fsync is lost on slow-disk: no function f2fs_sync_file"]
    report.rows[0].finding = .probeLost
    text += "\n" + report.text(width: 80, style: .plain)
    try expectSnapshot(text, "verdict-other-outcomes.txt")
  }

  /// Names come from devices and files, and must not be able to write to the terminal.
  @Test func foreignTextCannotMoveTheCursor() {
    var report = verdictReport
    report.rows[0].metric = "evil\u{1B}[2J\nPASS"
    report.candidate.name = "c\r\u{9B}1A\u{202E}"
    report.faults = ["a\u{7}b"]
    let text = report.text(width: 80, style: .plain)
    #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    #expect(!text.unicodeScalars.contains { [0x9b, 0x202e].contains($0.value) })
    #expect(!text.contains("\nPASS"))
  }
}

struct LatencyDistributionTests {
  @Test func edgesAreThoseOfTheLayout() {
    #expect(LatencyDistribution.edges(0) == 0..<1)
    #expect(LatencyDistribution.edges(31) == 31..<32)
    #expect(LatencyDistribution.edges(32) == 32..<34)
    #expect(LatencyDistribution.edges(48) == 64..<68)
    #expect(LatencyDistribution.edges(527).upperBound == 68_719_476_736)
  }

  @Test func quantilesAreInterpolated() {
    var distribution = LatencyDistribution()
    #expect(distribution.quantile(0.5) == nil)
    distribution.add(histogram("m", [:], [(32, 100), (48, 100)]))
    #expect(distribution.quantile(0.25) == 33)
    #expect(distribution.quantile(0.5) == 34)
    #expect(distribution.quantile(0.75) == 66)
    #expect(distribution.quantile(1) == 67)
    #expect(distribution.supports(0.75))
    #expect(!distribution.supports(0.76))
  }

  @Test func binsKeepEveryEvent() {
    var reference = LatencyDistribution()
    var candidate = LatencyDistribution()
    reference.add(histogram("m", [:], bell(around: 200, 1)))
    candidate.add(histogram("m", [:], bell(around: 290, 3)))
    for limit in [1, 5, 16, 200] {
      let paired = VerdictReport.Distribution(
        metric: "m", reference: reference, candidate: candidate, limit: limit)
      #expect(paired.bins.count <= limit)
      #expect(abs(paired.bins.reduce(0) { $0 + $1.reference } - 1) < 1e-9)
      #expect(abs(paired.bins.reduce(0) { $0 + $1.candidate } - 1) < 1e-9)
      #expect(zip(paired.bins, paired.bins.dropFirst()).allSatisfy { $0.lower < $1.lower })
    }
  }
}
