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
    let end = try LogReader(test.directory).end()
    // Batches that were read twice, in another grouping.
    let number = try #require(try LogReader(test.directory).identity())
    let placed = try test.placed
    try index.add(Array(placed.prefix(4)), upTo: .start, of: number)
    try index.add(placed + placed, upTo: .start, of: number)
    try Indexer(index, directory: test.directory).advance(to: end)
    #expect(try index.campaigns() == [CampaignCount(campaign: "c", reports: 12, devices: 2)])
    #expect(try index.logs() == [number])
    #expect(try index.position(in: number) == end)
    var found: [ReportID] = []
    try index.forEachReport(of: "c") { found.append($0.id) }
    #expect(found == records.map(\.id).sorted())
    try index.forEachReport(of: "d") { _ in Issue.record("another campaign's report") }
    #expect(try index.models(of: "c") == ["m": 12])
    #expect(try index.models(of: "d").isEmpty)
  }

  /// In Swift a letter with its mark is the same in one character and in two.
  @Test func countsModelsThatAreOneTextTogether() throws {
    let test = try TestLog()
    let index = try SQLiteIndex(path: test.root + "/index.sqlite")
    let models = ["caf\u{e9}", "cafe\u{301}"]
    try index.add(
      [TestLog.entry(1, model: models[0]).record, TestLog.entry(2, model: models[1]).record],
      upTo: .start)
    #expect(try index.models(of: "c") == [models[0]: 2])
  }

  /// A tool of another release looks at the index of a collector that runs.
  @Test func isNotMadeAnewByWhoReadsIt() throws {
    let test = try TestLog()
    let path = test.root + "/index.sqlite"
    func fill() throws {
      try SQLiteIndex(path: path).add([TestLog.entry(1).record], upTo: .start)
    }
    #expect(throws: LogError.self) { try SQLiteIndex(path: path, isRead: true) }
    #expect(!FileManager.default.fileExists(atPath: path))
    try fill()
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var other = whole
    // The layout's number, of SQLite's header.
    other[63] += 1
    try other.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: LogError.self) { try SQLiteIndex(path: path, isRead: true) }
    #expect(error?.kind == .unusable)
    try whole.write(to: URL(fileURLWithPath: path))
    #expect(try SQLiteIndex(path: path, isRead: true).campaigns().map(\.reports) == [1])
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
    let indexer = Indexer(live, directory: test.directory)
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
    try Indexer(anew, directory: test.directory).advance(to: log.durable)
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
    let indexer = Indexer(index, directory: test.directory)
    indexer.follow(to: log.durable)
    await indexer.finish()
    #expect(indexer.fault?.contains("no whole batch stands at byte 64") == true)
  }

  @Test func goesToTheFurthestGoalAfterAFault() async throws {
    let test = try TestLog()
    let (log, _) = try test.open()
    try await log.append(0...0)
    let early = log.durable
    try await log.append(1...1)
    await log.close()
    let whole = try Data(contentsOf: test.openFile)
    var damaged = whole
    damaged[SegmentHeader.size + 20] ^= 1
    try damaged.write(to: test.openFile)
    let index = try SQLiteIndex(path: test.root + "/index.sqlite")
    let indexer = Indexer(index, directory: test.directory)
    indexer.follow(to: log.durable)
    await indexer.finish()
    #expect(indexer.fault != nil)
    try whole.write(to: test.openFile)
    // Who asked before the last report came.
    indexer.follow(to: early)
    await indexer.finish()
    #expect(indexer.fault == nil && indexer.reached == log.durable)
  }

  @Test func refusesAnIndexOfAnotherLog() async throws {
    let test = try TestLog()
    let (log, _) = try test.open()
    try await log.append(0...3)
    await log.close()
    let index = try SQLiteIndex(path: test.root + "/index.sqlite")
    try Indexer(index, directory: test.directory).advance(to: log.durable)
    let other = try TestLog()
    let (shorter, _) = try other.open()
    try await shorter.append(0...1)
    await shorter.close()
    #expect(throws: LogError.self) {
      try Indexer(index, directory: other.directory).advance(to: shorter.durable)
    }
  }

  /// Two collectors got reports of one device: some both, and in one slot each another one.
  @Test(arguments: [false, true]) func isTheSameInWhateverOrderLogsAreRead(backwards: Bool)
    async throws
  {
    let tests = try [TestLog(), TestLog()]
    for (number, test) in tests.enumerated() {
      let (log, _) = try test.open(segmentBytes: 500)
      try await log.append(number...9)
      let disputed = TestLog.entry(20, build: "b\(number)")
      _ = try await log.append(disputed.record, slot: disputed.slot)
      try await log.append(30...30 + number, device: UInt64(number))
      await log.close()
    }
    let numbers = try tests.map { try #require(try LogReader($0.directory).identity()) }
    #expect(numbers[0] != numbers[1])
    let index = try SQLiteIndex(path: tests[0].root + "/both.sqlite")
    for test in backwards ? tests.reversed() : tests {
      try Indexer(index, directory: test.directory, companions: Set(numbers))
        .advance(to: LogReader(test.directory).end())
    }
    #expect(try index.campaigns() == [CampaignCount(campaign: "c", reports: 14, devices: 2)])
    // The second log's comes earlier in it.
    let disputed = (0...1).map { TestLog.entry(20, build: "b\($0)") }
    #expect(try index.owner(of: disputed[0].slot) == disputed[1].record.id)
    #expect(try index.conflicts() == [disputed[0].record.id])
    #expect(try index.logs() == numbers.sorted())
  }

  @Test func givesEachRecordOneAscendingPlace() async throws {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 2000)
    try await log.append(0...99)
    await log.close()
    let places = try test.placed.map(\.place)
    #expect(places.count == 100 && places == places.sorted() && Set(places).count == 100)
    #expect(Set(places.map(\.segment)).count > 2)
  }
}
