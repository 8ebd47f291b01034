import Foundation
import RecordStore
import RegressionAnalysis
import RunRecords
import Testing

@testable import Jobs

/// What has to go so that cache, results and store keep their bounds, and what must stay.
@Suite final class SweepTests {
  private let directory = NSTemporaryDirectory() + "latgate-sweep-\(UUID().uuidString)"
  private let now = Date(timeIntervalSince1970: 1_790_000_000)

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func write(_ path: String, bytes: Int, hours: Double) throws {
    let place = "\(directory)/\(path)"
    let parent = (place as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try Data(count: bytes).write(to: URL(fileURLWithPath: place))
    for one in [place, parent] {
      try FileManager.default.setAttributes(
        [.modificationDate: now.addingTimeInterval(-3600 * hours)], ofItemAtPath: one)
    }
  }

  private func before(hours: Double, bytes: UInt64? = nil) -> KeepBounds {
    KeepBounds(before: now.addingTimeInterval(-3600 * hours), bytes: bytes)
  }

  @Test func aCacheGivesUpWhatWasNotUsed() throws {
    try write("build/old.o", bytes: 1000, hours: 100)
    try write("build/used.o", bytes: 2000, hours: 30)
    try write("build/fresh.o", bytes: 4000, hours: 1)
    let sweep = Sweep.cache(directory, before(hours: 50), now: now)
    #expect(sweep.items.map(\.name) == ["build/old.o"])
    #expect(sweep.entries == 3 && sweep.bytes == 7000)
    #expect(sweep.summary(isDone: false) == "cache: 1 of 3 would go (1 kB); 6 kB would stay")
    let tight = Sweep.cache(directory, before(hours: 50, bytes: 10), now: now)
    #expect(tight.items.map(\.name) == ["build/old.o", "build/used.o"])
    #expect(try tight.remove() == nil)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(directory)/build") == ["fresh.o"])
    #expect(
      tight.summary(isDone: true)
        == "cache: 2 of 3 are removed (3 kB); 4 kB stay, more than 10 bytes: the rest was used in "
        + "the last 24 hours")
  }

  @Test func filesCopiedFromDevicesAreOfTheCache() throws {
    try write("programs/0a1b-77", bytes: 1000, hours: 100)
    try write("events/kernel.json", bytes: 10, hours: 100)
    let sweep = Sweep.cache(directory, before(hours: 50), now: now)
    #expect(sweep.items.map(\.name) == ["events/kernel.json", "programs/0a1b-77"])
  }

  @Test func resultsOfUsersStay() throws {
    try write("check-1/report.json", bytes: 500, hours: 100)
    try write("live-1/run-0a1b2c3d.json", bytes: 500, hours: 99)
    try write("live-1/live-20260131-235959.perfetto-trace", bytes: 500, hours: 99)
    try write("mine/report.json", bytes: 500, hours: 100)
    try write("mine/notes.txt", bytes: 500, hours: 100)
    try write("check-2/report.json", bytes: 500, hours: 0.5)
    let sweep = try Sweep.results(in: directory, before(hours: 2, bytes: 0), now: now)
    #expect(sweep.items.map(\.name) == ["\(directory)/check-1", "\(directory)/live-1"])
    #expect(try sweep.remove() == nil)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == [
        "check-2", "mine",
      ])
    #expect(throws: ResultDirectories.DirectoryError.self) {
      try Sweep.results(in: "\(directory)/none", KeepBounds())
    }
  }

  /// Of calibrations and pools, too; what a user has put beside is the user's.
  @Test func resultsOfAllCommandsAreKnown() throws {
    try write("calibrate-1/commands.log", bytes: 1, hours: 100)
    try write("calibrate-1/runs/000-reference.json", bytes: 500, hours: 100)
    try write("calibrate-1/runs/001-candidate.json", bytes: 500, hours: 100)
    try write("calibrate-1/bugreports/run-1-x/index.txt", bytes: 500, hours: 100)
    try write("pool-1/pool.json", bytes: 500, hours: 99)
    try write("pool-1/left/log.txt", bytes: 500, hours: 99)
    try write("pool-1/right/check.json", bytes: 500, hours: 99)
    try write("run-1/run-0a1b2c3d.json", bytes: 500, hours: 98)
    try write("run-1/bugreport-1/index.txt", bytes: 500, hours: 98)
    try write("mine-1/runs/notes.txt", bytes: 500, hours: 100)
    try write("mine-2/left/report.json", bytes: 500, hours: 100)
    try write("mine-3/pool.json", bytes: 500, hours: 100)
    try write("mine-3/photos/left.jpeg", bytes: 500, hours: 100)
    for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
      let path = "\(directory)/\(name)"
      let hours = name.hasPrefix("pool") ? 99.0 : name.hasPrefix("run") ? 98 : 100
      try FileManager.default.setAttributes(
        [.modificationDate: now.addingTimeInterval(-3600 * hours)], ofItemAtPath: path)
    }
    let sweep = try Sweep.results(in: directory, before(hours: 2), now: now)
    #expect(
      sweep.items.map(\.name)
        == ["calibrate-1", "pool-1", "run-1"].map { "\(directory)/\($0)" })
  }

  /// By another process, as where two jobs end at once.
  @Test func whatIsGoneAlreadyDoesNotKeepTheRest() throws {
    try write("check-1/report.json", bytes: 500, hours: 100)
    try write("check-2/report.json", bytes: 500, hours: 99)
    let sweep = try Sweep.results(in: directory, before(hours: 2), now: now)
    try FileManager.default.removeItem(atPath: "\(directory)/check-1")
    #expect(try sweep.remove() == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
  }

  @Test func aStoreKeepsWhatABaselineMeans() async throws {
    let store = try await Store.open(path: "\(directory)/store.sqlite")
    let records = (0..<4).map { number in
      RunRecord(
        id: "r\(number)", created: now.addingTimeInterval(3600 * Double(number)),
        toolVersion: "0", target: "board",
        device: DeviceFacts(name: "board", serial: "s", model: "m", transport: "adb", abi: "arm64"),
        firmware: FirmwareIdentity(
          name: "f\(number)", id: "b\(number)", fingerprint: "", kernelRelease: "6.1",
          kernelBuildID: ""),
        boot: BootFacts(bootID: "boot\(number)", uptimeSeconds: 9), suite: "boot", workload: "w",
        iterations: [
          IterationRecord(
            index: 0, kind: .measured, startedUptimeNs: 1,
            phases: [
              PhaseRecord(
                name: "p", durationNs: 1, drainNs: 0,
                scalars: [ScalarRecord(metric: "time", unit: "ms", value: 5, better: .lower)])
            ])
        ])
    }
    try store.add(try records.map { try RunDocument($0) })
    try store.add(
      StoredBaseline(
        name: "release", suite: "boot", target: "board", kind: .pinned(["b1"]), at: now))
    for (id, build) in [("e0", "b0"), ("e3", "b3")] {
      try store.add(
        StoredExperiment(
          id: id, kind: .gate, at: now, bench: BenchIdentity(records[0]), reference: "b1",
          candidate: build, outcome: "pass", owner: nil, verdict: Data("{}".utf8)))
    }
    let sweep = try Sweep.store(
      store, KeepBounds(before: now.addingTimeInterval(3600 * 2.5), bytes: nil))
    #expect(sweep.items.map(\.name) == ["run r0", "run r2", "verdict e0"])
    #expect(sweep.entries == 5)
    #expect(try sweep.remove() == nil)
    #expect(try store.runs().map(\.id) == ["r1", "r3"])
    #expect(try store.experiments().map(\.id) == ["e3"])
    let rest = try Sweep.store(store, KeepBounds(bytes: 0))
    #expect(rest.items.map(\.name) == ["run r3"])
    #expect(rest.summary(isDone: false).hasSuffix("more than Zero kB: baselines mean the rest"))
  }
}
