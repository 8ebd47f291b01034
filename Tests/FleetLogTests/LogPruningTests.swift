import FleetReports
import Foundation
import Testing

@testable import FleetLog

@Suite struct LogPruningTests {
  private func written() async throws -> TestLog {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 300)
    try await log.append(0...9)
    await log.close()
    return test
  }

  private func kept(_ test: TestLog) throws -> [LogRecord] {
    let reader = LogReader(test.directory)
    var all: [LogRecord] = []
    try reader.batches(from: reader.start(), to: reader.end()) { records, _ in
      all += records.map(\.record)
    }
    return all
  }

  @Test func removesSegmentsThatAreOldAsAWhole() async throws {
    let test = try await written()
    let before = try test.directory.list().sealed
    // Reports came at 1000, 1001 ...
    let pruned = try LogPruning(test.directory, before: 1005)
    #expect(pruned.segments > 0 && pruned.reports <= 5)
    let left = try test.directory.list().sealed
    #expect(left == Array(before.dropFirst(pruned.segments)))
    #expect(left.first?.number == pruned.first)
    #expect(try kept(test) == (pruned.reports...9).map { TestLog.entry($0).record })
    let check = try LogVerification(test.directory)
    #expect(check.problems.isEmpty && check.first == pruned.first)
    #expect(try LogPruning(test.directory, before: 1005).segments == 0)

    let (log, _) = try test.open(segmentBytes: 300)
    try await log.append(10...12)
    await log.close()
    #expect(try LogVerification(test.directory).problems.isEmpty)
    let index = try SQLiteIndex(path: test.root + "/index.sqlite")
    try Indexer(index, directory: test.directory).advance(to: log.durable)
    #expect(try index.campaigns().map(\.reports) == [13 - pruned.reports])
  }

  @Test func keepsTheLastSealedSegmentAndItsNumber() async throws {
    let test = try await written()
    let before = try test.directory.list()
    let pruned = try LogPruning(test.directory, before: .max)
    #expect(try test.directory.list().sealed == Array(before.sealed.suffix(1)))
    #expect(pruned.first == before.sealed.last?.number)
    let (log, found) = try test.open(segmentBytes: 300)
    #expect(found.damagedBytes == 0)
    try await log.append(10...14)
    await log.close()
    #expect(try LogVerification(test.directory).problems.isEmpty)
  }

  @Test func finishesWhatACrashLeft() async throws {
    let test = try await written()
    let first = try #require(try test.directory.list().sealed.first)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: first.path))
    _ = try LogPruning(test.directory, before: 1005)
    let left = try test.directory.list().sealed.map(\.path)
    // Of several, the last was not removed yet.
    let last = try #require(try test.directory.list().sealed.first).number - 1
    let leftover = test.directory.sealedPath(last, digest: String(repeating: "0", count: 64))
    try bytes.write(to: URL(fileURLWithPath: leftover))
    #expect(try LogVerification(test.directory).problems.isEmpty)
    #expect(try LogPruning(test.directory, before: 0).segments == 1)
    #expect(try test.directory.list().sealed.map(\.path) == left)
  }

  @Test func takesMissingSegmentsForDamage() async throws {
    let test = try await written()
    let first = try #require(try test.directory.list().sealed.first)
    try FileManager.default.removeItem(atPath: first.path)
    let problems = try LogVerification(test.directory).problems
    #expect(problems.contains { $0.hasSuffix("begins with segment 2 and not with 1") })
  }
}
