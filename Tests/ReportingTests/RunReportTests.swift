import Foundation
import RunRecords
import Testing

@testable import Reporting

struct RunReportTests {
  @Test func sumsUpJudgedIterationsOnly() throws {
    let report = RunReport(record())
    #expect(report.iterations == 2)
    #expect(report.dropped == ["hotter than 45 C"])
    let fsync = try #require(report.metrics.first)
    #expect(fsync.metric == "fsync.latency{fs=f2fs}@fsync-f2fs")
    #expect(fsync.rung == "raw_tp")
    #expect(fsync.count == 2 * 4 * 165)
    #expect(fsync.censored == 4)
    #expect(fsync.uncertain == ["p99"])
    #expect(report.metrics.last?.lossShare == 30.0 / 14_880)
    #expect(report.scalars.map(\.median) == [305.375])
  }

  @Test(arguments: [80, 120])
  func text(width: Int) throws {
    let text = RunReport(record()).text(width: width, style: .plain)
    try expectSnapshot(text, "run-\(width).txt")
    #expect(longestLine(text) <= width)
    #expect(withoutColour(RunReport(record()).text(width: width, style: .colour)) == text)
  }

  @Test func withoutAnyEvent() throws {
    var empty = record(phases: [])
    empty.overhead = nil
    empty.invalid = [InvalidMark(probe: "fsync", reason: "more operations ended than started")]
    try expectSnapshot(RunReport(empty).text(width: 80, style: .plain), "run-empty.txt")
  }

  @Test func json() throws {
    let data = try RunReport(record()).json()
    try expectSnapshot(String(decoding: data, as: UTF8.self), "run.json")
  }
}
