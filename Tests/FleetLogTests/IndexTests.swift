import FleetReports
import Foundation
import Testing

@testable import FleetLog

@Suite struct IndexTests {
  @Test func countsAReportOnceHoweverOftenTheLogHasIt() async throws {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 300)
    try await log.append(0...5)
    try await log.append(0...5, device: 2)
    await log.close()
    let index = try SQLiteIndex(path: test.root + "/index.sqlite")
    let records = try test.records
    let end = try LogReader(test.folder).end()
    // Batches that were read twice, in another grouping.
    try index.add(Array(records.prefix(4)), upTo: .start)
    try index.add(records + records, upTo: .start)
    try Indexer(index, folder: test.folder).advance(to: end)
    #expect(try index.campaigns() == [CampaignCount(campaign: "c", reports: 12, devices: 2)])
    #expect(try index.position() == end)
    var found: [ReportID] = []
    try index.forEachReport(of: "c") { found.append($0.id) }
    #expect(found == records.map(\.id).sorted())
    try index.forEachReport(of: "d") { _ in Issue.record("another campaign's report") }
    #expect(try index.models(of: "c") == ["m": 12])
    #expect(try index.models(of: "d").isEmpty)
  }

  @Test func keepsTheFirstOfTwoInASlot() async throws {
    let test = try TestLog()
    let index = try SQLiteIndex(path: test.root + "/index.sqlite")
    let first = TestLog.entry(1).record
    let second = TestLog.entry(1, build: "b2").record
    try index.add([first, second, second], upTo: .start)
    #expect(try index.conflicts() == [second.id])
    var found: [ReportID] = []
    try index.forEachReport(of: nil) { found.append($0.id) }
    #expect(found == [first.id])
  }

  @Test func isTheSameWhenMadeAnew() async throws {
    let test = try TestLog()
    let live = try SQLiteIndex(path: test.root + "/live.sqlite")
    let indexer = Indexer(live, folder: test.folder)
    var (log, _) = try test.open(segmentBytes: 2000)
    for start in stride(from: 0, to: 60, by: 10) {
      try await log.append(start...start + 9, device: UInt64(start))
      indexer.follow(to: log.durable)
      if start == 30 {
        await log.close()
        (log, _) = try test.open(segmentBytes: 2000)
      }
    }
    await log.close()
    indexer.follow(to: log.durable)
    await indexer.finish()
    #expect(indexer.fault == nil)
    let anew = try SQLiteIndex(path: test.root + "/anew.sqlite")
    try Indexer(anew, folder: test.folder).advance(to: log.durable)
    #expect(try IndexDigest.of(live) == IndexDigest.of(anew))
    #expect(try anew.campaigns() == [CampaignCount(campaign: "c", reports: 60, devices: 6)])
  }

  @Test func saysWhyItDoesNotFollow() async throws {
    let test = try TestLog()
    let (log, _) = try test.open()
    try await log.append(0...0)
    await log.close()
    var damaged = try Data(contentsOf: test.openFile)
    damaged[SegmentHeader.size + 20] ^= 1
    try damaged.write(to: test.openFile)
    let index = try SQLiteIndex(path: test.root + "/index.sqlite")
    let indexer = Indexer(index, folder: test.folder)
    indexer.follow(to: log.durable)
    await indexer.finish()
    #expect(indexer.fault?.contains("no whole batch stands at byte 64") == true)
  }

  @Test func refusesAnIndexOfAnotherLog() async throws {
    let test = try TestLog()
    let (log, _) = try test.open()
    try await log.append(0...3)
    await log.close()
    let index = try SQLiteIndex(path: test.root + "/index.sqlite")
    try Indexer(index, folder: test.folder).advance(to: log.durable)
    let other = try TestLog()
    let (shorter, _) = try other.open()
    try await shorter.append(0...1)
    await shorter.close()
    #expect(throws: LogError.self) {
      try Indexer(index, folder: other.folder).advance(to: shorter.durable)
    }
  }
}
