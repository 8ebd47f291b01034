import Foundation
import GRDB
import RegressionAnalysis
import RunRecords
import Testing

@testable import RecordStore

@Suite final class RunStoreTests {
  private let directory = NSTemporaryDirectory() + "latgate-store-\(UUID().uuidString)"

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  private func open() async throws -> Store {
    try await Store.open(path: directory + "/latgate.sqlite")
  }

  @Test func aRecordComesBackByteForByte() async throws {
    let store = try await open()
    // Other key order, spaces, a key of a later version: all of it is kept.
    let text = String(decoding: try run("r1").encoded(), as: UTF8.self)
      .replacing("{\"boot\"", with: "{ \"later\": [1, 2.50], \"boot\"", maxReplacements: 1)
    let document = try RunDocument(Data(text.utf8), file: "r1.json")
    #expect(try store.add([document]) == Store.Added(stored: 1, known: 0))
    let stored = try #require(try store.runs().first)
    #expect(stored.hash == document.hash)
    #expect(stored.size == text.utf8.count)
    #expect(try store.document(of: stored).bytes == Data(text.utf8))
  }

  @Test func aRunIsKeptOnceInWhateverSpelling() async throws {
    let store = try await open()
    let plain = try RunDocument(run("r1"))
    let spaced = try RunDocument(
      Data((" " + String(decoding: plain.bytes, as: UTF8.self)).utf8), file: "spaced")
    #expect(spaced.hash != plain.hash)
    try store.add([plain])
    #expect(try store.add([plain, spaced]) == Store.Added(stored: 0, known: 2))
    #expect(try store.runs().count == 1)
  }

  @Test func anotherRecordOfTheSameIDIsRefusedAndNothingIsStored() async throws {
    let store = try await open()
    try store.add([try RunDocument(run("r1"))])
    let error = #expect(throws: StoreError.self) {
      try store.add([try RunDocument(run("r2")), try RunDocument(run("r1", build: "b2"))])
    }
    #expect(error?.kind == .conflict)
    #expect(error?.reason.contains("r1") == true)
    #expect(try store.runs().map(\.id) == ["r1"])
  }

  @Test func runsAreFoundByWhatTheyAre() async throws {
    let store = try await open()
    let place = ExperimentPlace(id: "e1", arm: .candidate, order: 1, stage: .screen)
    try store.add(
      try [
        run("r3", build: "b2", minute: 3), run("r1", minute: 1),
        run("r2", build: "b2", minute: 2, experiment: place),
        run("other", minute: 0, suite: "boot"),
      ].map { try RunDocument($0) })
    #expect(try store.runs(RunFilter(suite: "storage")).map(\.id) == ["r1", "r2", "r3"])
    #expect(try store.runs(RunFilter(build: "b2")).map(\.id) == ["r2", "r3"])
    #expect(try store.runs(RunFilter(build: "firmware-b2")).map(\.id) == ["r2", "r3"])
    #expect(try store.runs(RunFilter(experiment: "e1")).map(\.arm) == ["candidate"])
    #expect(try store.runs(beginning: "oth").map(\.id) == ["other"])
    #expect(try store.runs(beginning: "r").count == 3)
    // A prefix is text, not a pattern.
    #expect(try store.runs(beginning: "%").isEmpty)
    #expect(Set(try store.benches().map(\.suite)) == ["boot", "storage"])
  }

  @Test func buildsStandInTheOrderOfTheirFirstRun() async throws {
    let store = try await open()
    let broken = InvalidMark(reason: "suspended")
    try store.add(
      try [
        run("c1", build: "c", minute: 9), run("a1", build: "a", minute: 4),
        run("b1", build: "b", minute: 5), run("a2", build: "a", minute: 8),
        run("b0", build: "b", minute: 1, invalid: [broken]),
      ].map { try RunDocument($0) })
    let builds = try store.builds(suite: "storage", target: "board")
    #expect(builds.map(\.id) == ["a", "b", "c"])
    #expect(builds.map(\.runs) == [2, 1, 1])
  }

  @Test func aBuildHasTheNameOfItsFirstRun() async throws {
    let store = try await open()
    var late = run("r2", build: "b", minute: 2)
    late.firmware.name = "candidate.img"
    // Records may come in any order.
    try store.add(try [late, run("r1", build: "b", minute: 1)].map { try RunDocument($0) })
    let builds = try store.builds(suite: "storage", target: "board")
    #expect(builds.map(\.name) == ["firmware-b"])
    #expect(builds.map(\.runs) == [2])
  }

  @Test func whatWasChangedInTheFileIsDamage() async throws {
    let store = try await open()
    try store.add([try RunDocument(run("r1"))])
    let changed = try run("r1", build: "forged").encoded()
    try store.write { database in
      try database.execute(sql: "UPDATE run SET record = ?", arguments: [changed])
    }
    let stored = try #require(try store.runs().first)
    let error = #expect(throws: StoreError.self) { try store.document(of: stored) }
    #expect(error?.kind == .badFile)
  }

  @Test func experimentsAreKeptOnceEach() async throws {
    let store = try await open()
    var experiment = StoredExperiment(
      id: "e1", kind: .gate, at: Date(timeIntervalSince1970: 1_790_000_000),
      bench: BenchIdentity(run("r1")), reference: "b1", candidate: "b2", outcome: "inconclusive",
      owner: "rack", verdict: Data("{}".utf8))
    try store.add(experiment)
    experiment.outcome = "pass"
    experiment.owner = nil
    try store.add(experiment)
    #expect(try store.experiments(suite: "storage", target: "board") == [experiment])
    #expect(try store.experiments(suite: "other").isEmpty)
  }

  @Test func theLastVerdictOfEachBenchCounts() async throws {
    let store = try await open()
    try store.add([try RunDocument(run("r1", build: "b2"))])
    func verdict(_ id: String, _ device: String, minute: Int, _ outcome: String, _ build: String)
      -> StoredExperiment
    {
      StoredExperiment(
        id: id, kind: .gate, at: Date(timeIntervalSince1970: 1_790_000_000 + 60 * Double(minute)),
        bench: BenchIdentity(target: "board", device: device, suite: "storage"), reference: "b1",
        candidate: build, outcome: outcome, owner: nil, verdict: Data("{}".utf8))
    }
    for one in [
      verdict("e1", "s1", minute: 1, "inconclusive", "b2"),
      verdict("e3", "s1", minute: 3, "pass", "b2"),
      verdict("e2", "s2", minute: 2, "regression", "b2"),
      verdict("e4", "s2", minute: 4, "pass", "gone"),
    ] { try store.add(one) }
    #expect(try store.lastVerdicts(on: "b2").map(\.id) == ["e2", "e3"])
    #expect(try store.judgedBuilds().map(\.id) == ["b2", "gone"])
    #expect(try store.judgedBuilds().map(\.name) == ["firmware-b2", "gone"])
    #expect(try store.judgedBuilds().map(\.runs) == [1, 0])
  }

  @Test func deletedRunsAreGoneAndTheirPlaceIsGivenBack() async throws {
    let store = try await open()
    let documents = try (0..<200).map { try RunDocument(run("r\($0)", minute: $0)) }
    try store.add(documents)
    // The file, and the log beside it.
    func size() throws -> UInt64 {
      try FileManager.default.contentsOfDirectory(atPath: directory).reduce(0) { sum, name in
        let facts = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")
        return sum + (facts[.size] as? UInt64 ?? 0)
      }
    }
    let before = try size()
    let all = try store.runs()
    #expect(try store.delete(Array(all.dropLast(2))) == Store.Deleted(count: 198))
    #expect(try store.runs().map(\.id) == ["r198", "r199"])
    #expect(try size() < before / 2)
    // Twice is no error, and what is left is whole.
    #expect(try store.delete(all.dropLast(2)) == Store.Deleted(count: 0))
    #expect(try store.document(of: all[199]).bytes == documents[199].bytes)
  }

  @Test func runsThatAreDeletedMeanwhileAreLeftOut() async throws {
    let store = try await open()
    try store.add(try (0..<3).map { try RunDocument(run("r\($0)", minute: $0)) })
    let other = try await open()
    let last = try #require(try other.runs().last)
    var seen: [String] = []
    try store.forEachRun { document in
      seen.append(document.record.id)
      _ = try other.delete([last])
    }
    #expect(seen == ["r0", "r1"])
  }

  /// Deletes while another program reads what was there before.
  private func deleteBesideReader(_ runs: [StoredRun], _ store: Store) throws -> Store.Deleted {
    // The store would wait for the reader for 20 s.
    try store.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA busy_timeout = 0") }
    return try DatabaseQueue(path: store.path).read { database in
      _ = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM run")
      return try store.delete(runs)
    }
  }

  @Test func runsAreGoneThoughTheFileCannotBeMadeSmaller() async throws {
    let store = try await open()
    try store.add(try (0..<9).map { try RunDocument(run("r\($0)", minute: $0)) })
    let deleted = try deleteBesideReader(try store.runs().dropLast(), store)
    #expect(deleted.count == 8)
    #expect(deleted.remark?.contains("the runs are deleted") == true)
    #expect(deleted.remark?.contains("VACUUM") == true)
    #expect(try store.runs().map(\.id) == ["r8"])
  }

  @Test func boundsTakeTheOldestAndSpareWhatIsMeant() async throws {
    let store = try await open()
    try store.add(try (0..<6).map { try RunDocument(run("r\($0)", minute: $0)) })
    let runs = try store.runs()
    let size = UInt64(runs[0].room)
    func excess(_ bounds: KeepBounds, keeps: Set<String> = []) -> [String] {
      bounds.excess(of: runs) { keeps.contains($0.id) }.map(\.id)
    }
    #expect(excess(KeepBounds()) == [])
    #expect(excess(KeepBounds(before: runs[2].created)) == ["r0", "r1"])
    #expect(excess(KeepBounds(bytes: 4 * size)) == ["r0", "r1"])
    #expect(excess(KeepBounds(bytes: 4 * size), keeps: ["r0"]) == ["r1", "r2"])
    #expect(excess(KeepBounds(before: runs[1].created, bytes: 3 * size)) == ["r0", "r1", "r2"])
    #expect(excess(KeepBounds(bytes: 0), keeps: ["r3"]) == ["r0", "r1", "r2", "r4", "r5"])
  }
}
