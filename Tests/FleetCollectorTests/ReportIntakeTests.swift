import FleetLog
import FleetReports
import Foundation
import Testing

@testable import FleetCollector

@Suite struct ReportIntakeTests {
  private final class Directory: Sendable {
    let store: CollectorStore
    init() {
      store = CollectorStore(
        path: FileManager.default.temporaryDirectory.path + "/latgate-intake-\(UUID().uuidString)")
    }
    deinit { try? FileManager.default.removeItem(atPath: store.path) }
  }

  private static func report(_ sequence: UInt32 = 0, build: String = "b1", campaign: String = "c")
    -> [UInt8]
  {
    FleetReport(
      campaign: campaign, manifest: 1, incarnation: 2, sequence: sequence, arm: 0, build: build,
      model: "m"
    ).bytes
  }

  private static func id(_ bytes: [UInt8]) -> String { LogRecord.id(of: bytes).description }

  private func statuses(
    rules: ReportIntake.Rules = .init(), remembered: Int = 1000,
    _ requests: [(String, String, [UInt8])]
  ) async throws -> [Int] {
    let directory = Directory()
    var limits = ReportLog.Limits()
    limits.remembered = remembered
    let (log, _) = try ReportLog.open(directory.store.log, limits: limits)
    let key = try PseudonymKey(path: directory.store.keyPath)
    let index = try directory.store.index.open()
    let intake = ReportIntake(
      log: log, key: key, rules: rules, metrics: CollectorMetrics(),
      owners: SlotOwners(
        log: log, indexer: Indexer(index, directory: directory.store.log), index: index))
    var statuses: [Int] = []
    for (name, id, bytes) in requests {
      statuses.append(await intake.take(name: name, id: id, bytes: bytes, now: 1).status)
    }
    await log.close()
    return statuses
  }

  @Test func answersAsTheContractSays() async throws {
    let first = Self.report()
    let other = Self.report(build: "b2")
    var broken = first
    broken[broken.count - 1] ^= 1
    let long = [UInt8](repeating: 0, count: FleetReport.maxSize + 1)
    let found = try await statuses([
      ("a", Self.id(first), first), ("a", Self.id(first), first), ("a", Self.id(other), other),
      // The same bytes of another device are another report.
      ("b", Self.id(other), other),
      ("a", "xyz", first), ("a", Self.id(other), first), ("a", Self.id(broken), broken),
      ("a", Self.id(long), long),
    ])
    #expect(found == [200, 200, 409, 200, 400, 422, 400, 413])
  }

  /// The log has forgotten the first report when the other one comes, and remembers that.
  @Test func whatWasStoredFirstIsAlwaysAnsweredSo() async throws {
    let first = Self.report()
    let other = Self.report(build: "b2")
    let later = (1...8).map { Self.report($0) }
    let found = try await statuses(
      remembered: 1,
      ([first] + later + [other, first, other, Self.report(build: "b3")])
        .map { ("a", Self.id($0), $0) })
    // What is forgotten is stored once more, and the index counts the first.
    #expect(found == Array(repeating: 200, count: 12) + [409])
  }

  @Test func takesTheCampaignsThatAreOpen() async throws {
    var rules = ReportIntake.Rules()
    rules.campaigns = ["d"]
    let closed = Self.report()
    let open = Self.report(campaign: "d")
    #expect(
      try await statuses(
        rules: rules, [("a", Self.id(closed), closed), ("a", Self.id(open), open)])
        == [410, 200])
  }

  @Test func countsEveryRequestOfADevice() async throws {
    var rules = ReportIntake.Rules()
    (rules.burst, rules.perDay) = (2, 2)
    let report = Self.report()
    #expect(
      try await statuses(
        rules: rules,
        [
          ("a", "xyz", report), ("a", Self.id(report), report), ("a", Self.id(report), report),
          ("b", Self.id(report), report),
        ])
        == [400, 200, 429, 200])
  }

  @Test func givesADeviceAnotherPseudonymInEachCampaign() throws {
    let directory = Directory()
    try FileManager.default.createDirectory(
      atPath: directory.store.path, withIntermediateDirectories: true)
    let key = try PseudonymKey(path: directory.store.keyPath)
    let again = try PseudonymKey(path: directory.store.keyPath)
    #expect(key.pseudonym(of: "a", campaign: "c") == again.pseudonym(of: "a", campaign: "c"))
    let others = [("a", "d"), ("b", "c"), ("", "ca"), ("ca", "")].map {
      key.pseudonym(of: $0, campaign: $1)
    }
    #expect(Set(others + [key.pseudonym(of: "a", campaign: "c")]).count == 5)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: directory.store.keyPath))
    #expect(throws: LogError.self) { try PseudonymKey(path: directory.store.keyPath) }
  }

  @Test func metricsAreOpenMetrics() async throws {
    let metrics = CollectorMetrics()
    metrics.count(.stored, bytes: 500)
    metrics.count(status: 200, after: .milliseconds(3))
    metrics.count(status: 429, after: .zero)
    metrics.count(fileBytes: 70)
    let text = metrics.text(gauges: [("healthy", "1 while reports can be stored.", 1)])
    #expect(text.hasSuffix("# EOF\n"))
    for line in [
      "latgate_collector_reports_total{outcome=\"stored\"} 1",
      "latgate_collector_requests_total{status=\"429\"} 1",
      "latgate_collector_stored_bytes_total 500",
      "latgate_collector_files_total 1", "latgate_collector_file_bytes_total 70",
      "latgate_collector_answer_seconds_bucket{le=\"+Inf\"} 2",
      "latgate_collector_healthy 1.0",
    ] {
      #expect(text.split(separator: "\n").contains(Substring(line)))
    }
    #expect(metrics.refused == 1)
  }
}
