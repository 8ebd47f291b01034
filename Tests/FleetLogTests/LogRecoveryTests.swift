import FleetReports
import Foundation
import Testing

@testable import FleetLog

/// What a crash, or a disk, may leave at the end of a log.
@Suite struct LogRecoveryTests {
  @Test func cutsOffEveryTornBatch() async throws {
    let test = try TestLog()
    try await write(0...1, test)
    let before = try Data(contentsOf: test.openFile)
    try await write(2...2, test)
    let after = try Data(contentsOf: test.openFile)
    for size in before.count..<after.count {
      try after.prefix(size).write(to: test.openFile)
      let (log, found) = try test.open()
      await log.close()
      #expect(found.activeRecords == 2)
      #expect(found.tornBytes == size - before.count && found.damagedBytes == 0)
      #expect(try Data(contentsOf: test.openFile) == before)
    }
  }

  @Test func cutsOffAFlippedTail() async throws {
    let test = try TestLog()
    try await write(0...1, test)
    let before = try Data(contentsOf: test.openFile)
    try await write(2...2, test)
    let after = try Data(contentsOf: test.openFile)
    for place in before.count..<after.count {
      var flipped = after
      flipped[place] ^= 0x10
      try flipped.write(to: test.openFile)
      let (log, found) = try test.open()
      await log.close()
      #expect(found.activeRecords == 2)
      #expect(found.tornBytes == after.count - before.count)
      let aside = try #require(found.aside)
      #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == flipped.dropFirst(before.count))
    }
  }

  @Test func reportsDamageBeforeWholeBatches() async throws {
    let test = try TestLog()
    try await write(0...0, test)
    let place = try Data(contentsOf: test.openFile).count
    try await write(1...2, test)
    var damaged = try Data(contentsOf: test.openFile)
    damaged[place + 30] ^= 1
    try damaged.write(to: test.openFile)
    let (log, found) = try test.open()
    await log.close()
    #expect(found.damagedBytes > 0 && found.tornBytes == 0)
    let aside = try #require(found.aside)
    #expect(try Data(contentsOf: URL(fileURLWithPath: aside)) == damaged)
    #expect(try test.records == [0, 2].map { TestLog.entry($0).record })
  }

  @Test func beginsAgainWithoutAHeader() async throws {
    let test = try TestLog()
    try await write(0...0, test)
    try Data(try Data(contentsOf: test.openFile).prefix(20)).write(to: test.openFile)
    let (log, found) = try test.open()
    #expect(found.tornBytes == 20)
    try await log.append(5...5)
    await log.close()
    #expect(try test.records == [TestLog.entry(5).record])
  }

  @Test func doesNotTakeADamagedHeaderForAnEmptyLog() async throws {
    let test = try TestLog()
    try await write(0...1, test)
    var damaged = try Data(contentsOf: test.openFile)
    damaged[10] ^= 1
    try damaged.write(to: test.openFile)
    let error = #expect(throws: LogError.self) { try test.open() }
    #expect(error?.kind == .damaged)
    #expect(try Data(contentsOf: test.openFile) == damaged)
  }

  @Test func goesOnAfterASealWithoutANextSegment() async throws {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 300)
    try await log.append(0...4)
    await log.close()
    let open = try test.openFile
    let lost = try #require(SegmentScan(Array(Data(contentsOf: open))).frames.count as Int?)
    try FileManager.default.removeItem(at: open)
    let kept = try test.records.count
    #expect(kept == 5 - lost)
    try await write(7...7, test)
    #expect(try test.records.count == kept + 1)
    #expect(try LogVerification(test.directory).problems.isEmpty)
  }

  private func write(_ numbers: ClosedRange<Int>, _ test: TestLog) async throws {
    let (log, _) = try test.open()
    try await log.append(numbers)
    await log.close()
  }
}
