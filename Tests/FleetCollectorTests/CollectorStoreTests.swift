import FleetLog
import FleetReports
import Foundation
import Testing

@testable import FleetCollector

@Suite("A collector's directory")
struct CollectorStoreTests {
  private func append(_ sequences: Range<UInt32>, to log: ReportLog) async throws {
    let device = DevicePseudonym(high: 1, low: 0)
    for sequence in sequences {
      let report = FleetReport(
        campaign: "c", manifest: 1, incarnation: 2, sequence: sequence, arm: 0, build: "b",
        model: "m")
      let bytes = report.bytes
      _ = try await log.append(
        LogRecord(id: LogRecord.id(of: bytes), device: device, received: 1, bytes: bytes),
        slot: ReportSlot(device: device, report: report))
    }
  }

  @Test("An index that has more than a log that was put back is made anew")
  func putBack() async throws {
    let path = FileManager.default.temporaryDirectory.path + "/latgate-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = CollectorStore(path: path)
    let copy = path + "/copy"
    let (first, _) = try ReportLog.open(store.log)
    try await append(0..<1, to: first)
    await first.close()
    try FileManager.default.copyItem(atPath: store.log.path, toPath: copy)
    let (second, _) = try ReportLog.open(store.log)
    try await append(1..<3, to: second)
    await second.close()
    let key = try PseudonymKey(path: store.keyPath)
    var said: [String] = []
    /// What a collector that starts would count.
    func counted() throws -> [Int] {
      let index = try store.startingIndex(key: key) { said.append($0) }
      try Indexer(index, directory: store.log).advance(to: LogReader(store.log).end())
      return try index.campaigns().map(\.reports)
    }
    #expect(try counted() == [3])
    #expect(try counted() == [3])
    #expect(said.isEmpty)

    try FileManager.default.removeItem(atPath: store.log.path)
    try FileManager.default.moveItem(atPath: copy, toPath: store.log.path)
    #expect(try counted() == [1])
    #expect(said.count == 1)
    let (third, _) = try ReportLog.open(store.log)
    try await append(10..<15, to: third)
    await third.close()
    #expect(try counted() == [6])
  }

  @Test("The index of a collector that runs is not held against a log that grows")
  func running() async throws {
    let path = FileManager.default.temporaryDirectory.path + "/latgate-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = CollectorStore(path: path)
    let (log, _) = try ReportLog.open(store.log)
    try await append(0..<3, to: log)
    let index = try store.index.open()
    try Indexer(index, directory: store.log).advance(to: log.durable)
    let skipped = "index: not compared, as a collector runs"
    #expect(try store.verify().facts.contains(skipped))
    await log.close()
    let found = try store.verify()
    #expect(found.problems.isEmpty && !found.facts.contains(skipped))
  }

  @Test("Pruning takes the index with it, and is refused while a collector runs")
  func pruned() async throws {
    let path = FileManager.default.temporaryDirectory.path + "/latgate-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = CollectorStore(path: path)
    var limits = ReportLog.Limits()
    // A segment for each report.
    limits.segmentBytes = 1
    let (log, _) = try ReportLog.open(store.log, limits: limits)
    try await append(0..<4, to: log)
    #expect(throws: LogError.self) { try store.prune(before: 2, at: 5) }
    await log.close()
    try await store.rebuild()
    #expect(try store.indexToRead().campaigns().map(\.reports) == [4])
    let pruned = try store.prune(before: 2, at: 5)
    #expect(throws: LogError.self) { try store.indexToRead() }
    #expect(pruned.segments == 2 && pruned.reports == 2 && pruned.first == 3)
    let found = try store.verify()
    #expect(found.problems.isEmpty)
    #expect(found.facts.contains("log: segments before number 3 were pruned"))
    #expect(found.facts.contains("audit log: 1 lines"))
    try await store.rebuild()
    #expect(try store.index.open().campaigns().map(\.reports) == [2])
  }

  @Test("Damage that a rebuild comes upon is not passed over")
  func damaged() async throws {
    let path = FileManager.default.temporaryDirectory.path + "/latgate-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = CollectorStore(path: path)
    let (log, _) = try ReportLog.open(store.log)
    try await append(0..<3, to: log)
    await log.close()
    try await store.rebuild()
    #expect(try store.index.open().campaigns().map(\.reports) == [3])

    let names = try FileManager.default.contentsOfDirectory(atPath: store.log.path)
    let name = try #require(names.first { $0.hasSuffix(".open") })
    let file = URL(fileURLWithPath: "\(store.log.path)/\(name)")
    var contents = try Data(contentsOf: file)
    // Behind the headers of the segment and of its first batch.
    contents[84] ^= 1
    try contents.write(to: file)
    let error = await #expect(throws: LogError.self) { try await store.rebuild() }
    #expect(error?.kind == .damaged)
    #expect(error?.reason.contains("/aside/") == true)
    #expect(try store.index.open().campaigns().map(\.reports) == [2])
    try await store.rebuild()
  }
}
