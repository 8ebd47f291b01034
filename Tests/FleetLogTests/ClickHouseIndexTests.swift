import FleetReports
import Foundation
import Testing

@testable import FleetLog

/// The same log in SQLite and in a real ClickHouse gives the same answers.
@Suite(.enabled(if: ClickHouseServer.isEnabled, "needs LATGATE_E2E=1"))
struct ClickHouseIndexTests {
  @Test func answersAsSQLiteDoes() async throws {
    let test = try TestLog()
    let (log, _) = try test.open(segmentBytes: 3000)
    for device in 1...4 { try await log.append(0...20, device: UInt64(device)) }
    await log.close()
    let records = try test.records
    let end = try LogReader(test.folder).end()
    let server = try await ClickHouseServer.start()
    let indexes: [any ReportIndex] = [
      try SQLiteIndex(path: test.root + "/index.sqlite"),
      try ClickHouseIndex(host: "127.0.0.1", port: server.port, database: "latgate"),
    ]
    var digests: [String] = []
    for index in indexes {
      #expect(try index.position() == nil)
      // Another report in a slot that is taken, and batches that come again in another grouping.
      let disputed = TestLog.entry(3, build: "b2").record
      try index.add(Array(records.prefix(30)), upTo: LogPosition(segment: 1, offset: 4000))
      try index.add([disputed], upTo: LogPosition(segment: 1, offset: 5000))
      try index.add(Array(records.prefix(50)), upTo: LogPosition(segment: 1, offset: 6000))
      try index.add([], upTo: .start)
      try index.add(records, upTo: end)
      #expect(try index.position() == end)
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
    let error = #expect(throws: LogError.self) {
      try ClickHouseIndex(host: "127.0.0.1", port: server.port, database: "Latgate; DROP")
    }
    #expect(error?.kind == .unusable)
  }

  @Test func saysThatTheServerIsNotThere() throws {
    let error = #expect(throws: LogError.self) {
      try ClickHouseIndex(host: "127.0.0.1", port: 1, database: "latgate")
    }
    #expect(error?.description.contains("127.0.0.1:1: connect: Connection refused") == true)
  }
}
