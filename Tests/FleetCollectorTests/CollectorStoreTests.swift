import FleetLog
import FleetReports
import Foundation
import Testing

@testable import FleetCollector

@Suite("A collector's directory")
struct CollectorStoreTests {
  @Test("Damage that a rebuild comes upon is not passed over")
  func damaged() async throws {
    let path = FileManager.default.temporaryDirectory.path + "/latgate-store-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let store = CollectorStore(path: path)
    let (log, _) = try ReportLog.open(store.log)
    let device = DevicePseudonym(high: 1, low: 0)
    for sequence in UInt32(0)..<3 {
      let report = FleetReport(
        campaign: "c", manifest: 1, incarnation: 2, sequence: sequence, arm: 0, build: "b",
        model: "m")
      let bytes = report.bytes
      _ = try await log.append(
        LogRecord(id: LogRecord.id(of: bytes), device: device, received: 1, bytes: bytes),
        slot: ReportSlot(device: device, report: report))
    }
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
