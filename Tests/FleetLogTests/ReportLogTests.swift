import FleetReports
import Foundation
import Testing

@testable import FleetLog

@Suite struct ReportLogTests {
  @Test func keepsReportsInOrder() async throws {
    let test = try TestLog()
    let (log, _) = try test.open()
    try await log.append(0...9)
    await log.close()
    #expect(try test.records == (0...9).map { TestLog.entry($0).record })
    let (again, found) = try test.open()
    #expect(found.activeRecords == 10 && found.tornBytes == 0)
    try await again.append(10...12)
    await again.close()
    #expect(try test.records.count == 13)
  }

  @Test func storesEachOfManyAtOnce() async throws {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 4096)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        group.addTask {
          let entry = TestLog.entry(number)
          let outcome = try? await log.append(entry.record, slot: entry.slot)
          #expect(outcome == .stored)
        }
      }
    }
    await log.close()
    let ids = try Set(test.records.map(\.id))
    #expect(ids == Set((0..<500).map { TestLog.entry($0).record.id }))
    #expect(try test.records.count == 500)
  }

  @Test func knowsReplaysAndConflictsAlsoAfterAStart() async throws {
    let test = try TestLog()
    var (log, _) = try test.open()
    let first = TestLog.entry(1)
    let other = TestLog.entry(1, build: "b2")
    #expect(try await log.append(first.record, slot: first.slot) == .stored)
    for _ in 0..<2 {
      #expect(try await log.append(first.record, slot: first.slot) == .replayed)
      #expect(try await log.append(other.record, slot: other.slot) == .conflict)
      await log.close()
      (log, _) = try test.open()
    }
    #expect(try test.records == [first.record])
    await log.close()
  }

  @Test func takesNothingOnceClosed() async throws {
    let test = try TestLog()
    let (log, _) = try test.open()
    await log.close()
    let entry = TestLog.entry(1)
    let error = await #expect(throws: LogError.self) {
      try await log.append(entry.record, slot: entry.slot)
    }
    #expect(error?.kind == .closed)
  }

  @Test func aReplayDoesNotMakeABrokenLogWell() async throws {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 1)
    try await log.append(0...0)
    // The next report seals the segment, which has no place to be renamed to.
    try FileManager.default.removeItem(atPath: test.directory.path)
    let next = TestLog.entry(1)
    await #expect(throws: LogError.self) { try await log.append(next.record, slot: next.slot) }
    #expect(log.trouble?.kind == .broken)
    let first = TestLog.entry(0)
    #expect(try await log.append(first.record, slot: first.slot) == .replayed)
    #expect(log.trouble?.kind == .broken)
    await log.close()
  }

  @Test func hasOneWriter() throws {
    let test = try TestLog()
    let (log, _) = try test.open()
    let error = #expect(throws: LogError.self) { try test.open() }
    #expect(error?.kind == .unusable)
    withExtendedLifetime(log) {}
  }

  @Test func sealsSegmentsInAChain() async throws {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 300)
    try await log.append(0...9)
    await log.close()
    let sealed = try test.directory.list().sealed
    #expect(sealed.map(\.number) == Array(1...UInt64(sealed.count)) && sealed.count >= 3)
    #expect(try test.records.count == 10)
    #expect(try LogVerification(test.directory).problems.isEmpty)

    // A byte of a report in the second segment.
    var contents = try Data(contentsOf: URL(fileURLWithPath: sealed[1].path))
    contents[contents.count - 10] ^= 4
    try contents.write(to: URL(fileURLWithPath: sealed[1].path))
    let check = try LogVerification(test.directory)
    #expect(check.problems.contains { $0.hasPrefix(sealed[1].path) && $0.contains("hash") })

    try FileManager.default.removeItem(atPath: sealed[1].path)
    let error = #expect(throws: LogError.self) { try test.open() }
    #expect(error?.kind == .damaged)
  }
}
