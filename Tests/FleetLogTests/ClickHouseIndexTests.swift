import FleetReports
import Foundation
import Testing

@testable import FleetLog

/// The same log in SQLite and in real engines gives the same answers.
@Suite(.enabled(if: ClickHouseServer.isEnabled, "needs LATGATE_E2E=1"))
struct ClickHouseIndexTests {
  @Test func answersAsSQLiteDoes() async throws {
    try await answersAsSQLiteDoes(await ClickHouseServer.start())
  }

  @Test(.enabled(if: ChdbServer.isEnabled, "needs chdb: run ci/setup"))
  func answersAsSQLiteDoesInACurrentRelease() async throws {
    try await answersAsSQLiteDoes(await ChdbServer.start())
  }

  private func answersAsSQLiteDoes(_ server: any EngineServer) async throws {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 3000)
    for device in 1...4 { try await log.append(0...20, device: UInt64(device)) }
    await log.close()
    let records = try test.records
    let end = try LogReader(test.directory).end()
    let indexes: [any ReportIndex] = [
      try SQLiteIndex(path: test.root + "/index.sqlite"),
      try ClickHouseIndex(server.place("latgate")),
    ]
    var digests: [String] = []
    for index in indexes {
      #expect(try index.position(in: .unnumbered) == nil)
      // Another report in a slot that is taken, and batches that come again in another grouping.
      let disputed = TestLog.entry(3, build: "b2").record
      try index.add(Array(records.prefix(30)), upTo: LogPosition(segment: 1, offset: 4000))
      try index.add([disputed], upTo: LogPosition(segment: 1, offset: 5000))
      try index.add(Array(records.prefix(50)), upTo: LogPosition(segment: 1, offset: 6000))
      try index.add([], upTo: .start)
      try index.add(records, upTo: end)
      #expect(try index.position(in: .unnumbered) == end)
      #expect(try index.logs() == [.unnumbered])
      #expect(try index.models(of: "c") == ["m": 84])
      #expect(try index.campaigns() == [CampaignCount(campaign: "c", reports: 84, devices: 4)])
      #expect(try index.conflicts() == [disputed.id])
      #expect(try index.owner(of: TestLog.entry(3).slot) == TestLog.entry(3).record.id)
      #expect(try index.owner(of: TestLog.entry(400).slot) == nil)
      var found: [ReportID] = []
      try index.forEachReport(of: "c") { found.append($0.id) }
      #expect(found == records.map(\.id).sorted())
      try index.forEachReport(of: "' OR 1 --") { _ in Issue.record("another campaign's report") }
      digests.append(try IndexDigest.of(index))
    }
    #expect(digests[0] == digests[1])
    try await isOneOfTwoLogs(server)
  }

  /// Two collectors with logs of their own, whose rows come in turn.
  private func isOneOfTwoLogs(_ server: any EngineServer) async throws {
    let tests = try [TestLog(), TestLog()]
    for (number, test) in tests.enumerated() {
      let (log, _) = try test.open(segmentBytes: 20_000)
      // Half of them came to both.
      try await log.append(number * 500...1000 + number * 500)
      let disputed = TestLog.entry(9000, build: "b\(number)")
      _ = try await log.append(disputed.record, slot: disputed.slot)
      await log.close()
    }
    let numbers = Set(try tests.compactMap { try LogReader($0.directory).identity() })
    let shared = try ClickHouseIndex(server.place("shared"))
    let alone = try SQLiteIndex(path: tests[0].root + "/both.sqlite")
    for (index, order) in [(shared as any ReportIndex, [0, 1]), (alone, [1, 0])] {
      for number in order {
        try Indexer(index, directory: tests[number].directory, companions: numbers)
          .advance(to: LogReader(tests[number].directory).end())
      }
      #expect(
        try index.campaigns() == [CampaignCount(campaign: "c", reports: 1502, devices: 1)])
      #expect(try index.conflicts().count == 1)
      #expect(try Set(index.logs()) == numbers)
    }
    #expect(try IndexDigest.of(shared) == IndexDigest.of(alone))
    // Made anew, it is the same; with another key it is not touched.
    let digest = try IndexDigest.of(shared)
    try shared.remove()
    #expect(try shared.campaigns() == [])
    for test in tests.reversed() {
      try Indexer(shared, directory: test.directory).advance(to: LogReader(test.directory).end())
    }
    #expect(try IndexDigest.of(shared) == digest)
    let keys = try (1...2).map { try PseudonymKey(path: tests[0].root + "/key-\($0)") }
    _ = try ClickHouseIndex(server.place("shared"), key: keys[0])
    _ = try ClickHouseIndex(server.place("shared"), key: keys[0])
    let error = #expect(throws: LogError.self) {
      try ClickHouseIndex(server.place("shared"), key: keys[1])
    }
    #expect(error?.kind == .unusable && error?.reason.contains("another pseudonym.key") == true)
  }

  @Test func saysThatTheServerIsNotThere() throws {
    let error = #expect(throws: LogError.self) {
      try ClickHouseIndex(ClickHousePlace(host: "127.0.0.1", port: 1, database: "latgate"))
    }
    #expect(error?.kind == .away)
    #expect(error?.description.contains("127.0.0.1:1: connect: Connection refused") == true)
  }
}
