import Foundation
import GRDB
import LatencyHistograms
import RegressionAnalysis
import RunRecords
import Testing

@testable import RecordStore

/// Histories out of levels that were kept, with no record decoded.
@Suite final class LevelStoreTests {
  private let directory = NSTemporaryDirectory() + "latgate-levels-\(UUID().uuidString)"

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func open(_ name: String = "latgate.sqlite") async throws -> Store {
    try await Store.open(path: "\(directory)/\(name)")
  }

  /// Builds b0, b1, … with two runs each; a time that steps up, a throughput, and a histogram.
  private func records(_ builds: Int, events: Int = 600) -> [RunRecord] {
    (0..<builds).flatMap { build in
      (0..<2).map { number in
        let level = build < builds / 2 ? 100.0 : 130.0
        let wobble = 1 + Double((build * 7 + number * 3) % 11) / 1000
        var made = run("r\(build)-\(number)", build: "b\(build)", minute: 2 * build + number)
        made.iterations[0].phases[0].scalars = [
          ScalarRecord(metric: "time", unit: "ms", value: level * wobble, better: .lower),
          ScalarRecord(metric: "speed", unit: "MiB/s", value: 50 * wobble, better: .higher),
        ]
        var histogram = LatencyHistogram()
        for event in 0..<events { histogram.record(UInt64(1000 + 10 * build + event)) }
        made.iterations[0].phases[0].histograms = [
          HistogramRecord(
            metric: "fsync.latency", labels: ["fs": "ext4"], unit: "ns", histogram: histogram)
        ]
        made.probes = [
          ProbeRecord(
            name: "fsync", status: .loaded,
            hooks: [
              HookRecord(hook: "fsync", rung: "kprobe", program: "fsync", why: "best")
            ])
        ]
        return made
      }
    }
  }

  private func add(_ records: [RunRecord], to store: Store) throws {
    try store.add(try records.map { try RunDocument($0) })
  }

  /// What the records themselves say.
  private func truth(_ records: [RunRecord], _ builds: [String]) -> [MetricHistory] {
    var history = BuildHistory(builds: builds)
    for record in records { history.add(record) }
    return history.histories(matching: ["*"])
  }

  private func damageRecords(_ store: Store) throws {
    try store.write { try $0.execute(sql: "UPDATE run SET record = zeroblob(9)") }
  }

  @Test func aThousandBuildsNeedNoRecord() async throws {
    let store = try await open()
    let all = records(1000, events: 100)
    try add(all, to: store)
    // No record can be read any more: whatever history says, it has from elsewhere.
    try damageRecords(store)
    let builds = (0..<1000).map { "b\($0)" }
    let found = try store.history(of: builds, suite: "storage", target: "board")
    #expect(found.decoded == 0)
    #expect(found.history.metrics.count == 3)
    let time = try store.history(
      of: builds, suite: "storage", target: "board", matching: ["time*"])
    #expect(time.decoded == 0)
    let metric = try #require(time.history.histories(matching: ["*"]).first)
    #expect(time.history.metrics.count == 1)
    #expect(metric.points.count == 1000)
    #expect(metric.points.allSatisfy { $0.runs == 2 })
    #expect(metric.steps.map(\.build) == [500])
  }

  @Test func levelsSayWhatRecordsSay() async throws {
    let store = try await open()
    var all = records(40)
    all[7].invalid = [InvalidMark(reason: "suspended")]
    all[9].invalid = [InvalidMark(metric: "time", reason: "parsed wrongly")]
    // Another suite's runs have the same statistics.
    var other = records(3)
    for place in other.indices {
      other[place].id += "-other"
      other[place].suite = "boot"
    }
    // Not in the order of their dates.
    try add(other + all.reversed(), to: store)
    let builds = (0..<40).map { "b\($0)" }
    let found = try store.history(of: builds, suite: "storage", target: "board").history
    #expect(found.histories(matching: ["*"]) == truth(all, builds))
    #expect(found.metrics.map(\.statistic.text) == ["p50", "p90", "value", "value"])
    let some = try store.history(of: ["b3", "b5"], suite: "storage", target: "board").history
    #expect(some.histories(matching: ["*"]) == truth(all, ["b3", "b5"]))
  }

  @Test func runsWithoutLevelsAreReadOnce() async throws {
    let store = try await open()
    let all = records(20)
    try add(all, to: store)
    try store.write { database in
      try database.execute(sql: "DELETE FROM levelRun WHERE id % 2 = 0")
      // Made under earlier rules, which asked 100 events for a median.
      try database.execute(sql: "UPDATE levelRun SET rules = 1 WHERE id % 4 = 1")
      try database.execute(
        sql: "UPDATE level SET value = 9 WHERE run IN (SELECT id FROM levelRun WHERE rules = 1)")
    }
    let builds = (0..<20).map { "b\($0)" }
    func read() throws -> (history: BuildHistory, decoded: Int) {
      try store.history(of: builds, suite: "storage", target: "board")
    }
    let first = try read()
    #expect(first.decoded == 30)
    #expect(first.history.histories(matching: ["*"]) == truth(all, builds))
    let second = try read()
    #expect(second.decoded == 0)
    #expect(second.history.histories(matching: ["*"]) == truth(all, builds))
  }

  @Test func aDamagedRecordIsNamedAndTheOthersStay() async throws {
    let store = try await open()
    try add(records(100), to: store)
    try store.write { try $0.execute(sql: "DELETE FROM levelRun") }
    try store.write { database in
      try database.execute(sql: "UPDATE run SET record = zeroblob(9) WHERE id = 'r99-1'")
    }
    let error = #expect(throws: StoreError.self) {
      try store.history(of: ["b0"], suite: "storage", target: "board")
    }
    #expect(error?.kind == .badFile)
    #expect(error?.description.contains("r99-1") == true)
    #expect(try store.runs().count == 200)
  }

  @Test func deletedRunsTakeTheirLevelsWithThem() async throws {
    let store = try await open()
    var all = records(6)
    all[11].iterations[0].phases[0].scalars.append(
      ScalarRecord(metric: "late", unit: "ms", value: 1, better: .lower))
    try add(all, to: store)
    func counts() throws -> [Int] {
      try store.read { database in
        try ["levelRun", "level", "statistic"].map {
          try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \($0)") ?? -1
        }
      }
    }
    #expect(try counts() == [12, 49, 5])
    let runs = try store.runs()
    #expect(runs.map { $0.room > $0.size } == Array(repeating: true, count: 12))
    #expect(runs[11].room - runs[11].size > runs[0].room - runs[0].size)
    // The bound is one of all that a run takes.
    let bounds = KeepBounds(bytes: UInt64(runs.reduce(0) { $0 + $1.size }))
    let excess = bounds.excess(of: runs) { _ in false }
    #expect(!excess.isEmpty && excess.count < 12)
    _ = try store.delete(runs.filter { $0.id != "r0-0" })
    #expect(try counts() == [1, 4, 4])
    let left = try store.history(of: ["b0"], suite: "storage", target: "board").history
    #expect(left.histories(matching: ["*"]).map(\.points.first?.runs) == [1, 1, 1, 1])
  }
}
