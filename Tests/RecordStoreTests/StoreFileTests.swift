import Foundation
import GRDB
import Testing

@testable import RecordStore

/// Files that are no store of this version, and must stay what they are.
@Suite final class StoreFileTests {
  private let path = NSTemporaryDirectory() + "latgate-store-\(UUID().uuidString).sqlite"

  deinit {
    for end in ["", "-wal", "-shm", ".lock"] {
      try? FileManager.default.removeItem(atPath: path + end)
    }
  }

  /// Opens the file, which must be refused and keep its bytes.
  private func refusal() async throws -> StoreError {
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let error = await #expect(throws: StoreError.self) { try await Store.open(path: self.path) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    let found = try #require(error)
    #expect(found.kind == .badFile)
    #expect(found.description.contains(path))
    return found
  }

  @Test func textIsNoStore() async throws {
    try String(repeating: "not a database\n", count: 500)
      .write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try await refusal().reason == "is no SQLite file")
  }

  @Test func anotherProgramsFileIsLeftAlone() async throws {
    try await DatabaseQueue(path: path).write { database in
      try database.execute(
        sql: "CREATE TABLE contacts (name TEXT); INSERT INTO contacts VALUES ('a')")
    }
    #expect(try await refusal().reason == "belongs to another program")
  }

  @Test func aLaterVersionsFileIsLeftAlone() async throws {
    _ = try await Store.open(path: path)
    try await DatabaseQueue(path: path).write { database in
      try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('time travel')")
    }
    let error = try await refusal()
    #expect(error.reason.contains("later version"))
    #expect(error.reason.contains("time travel"))
  }

  @Test func aDamagedFileIsSaidToBe() async throws {
    do {
      let store = try await Store.open(path: path)
      try store.write { database in
        try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      }
    } catch {
      // A checkpoint inside a transaction is refused; closing the file makes one.
    }
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: 100)
    try file.write(contentsOf: Data(repeating: 0xa5, count: 4000))
    try file.close()
    let error = await #expect(throws: StoreError.self) {
      let store = try await Store.open(path: self.path)
      _ = try store.runs()
    }
    #expect(error?.kind == .badFile)
  }

  @Test func anEmptyFileBecomesAStore() async throws {
    try Data().write(to: URL(fileURLWithPath: path))
    let store = try await Store.open(path: path)
    #expect(try store.runs().isEmpty)
  }

  @Test func theFirstVersionsFileIsBroughtUpToDate() async throws {
    var migrator = DatabaseMigrator()
    for migration in [Store.crashLedger, Store.trustMarks] {
      migrator.registerMigration(migration.name, migrate: migration.make)
    }
    try migrator.migrate(try DatabaseQueue(path: path))
    let store = try await Store.open(path: path)
    #expect(try store.waivers().isEmpty)
    #expect(try store.quarantines(current: false).isEmpty)
  }

  /// A file that latgate 0.1 made, before levels of runs were kept in it.
  @Test func aKeptFileOfAnEarlierVersionLosesNothing() async throws {
    let kept = try #require(
      Bundle.module.url(
        forResource: "store-1", withExtension: "sqlite", subdirectory: "Fixtures"))
    try FileManager.default.copyItem(atPath: kept.path, toPath: path)
    func rows(_ queue: DatabaseQueue) async throws -> [String: [String]] {
      try await queue.read { database in
        var found: [String: [String]] = [:]
        for table in [
          "run", "experiment", "baseline", "baselineBuild", "baselineStep", "noiseProfile",
          "noiseSource", "waiver", "crashEvent", "trustMark",
        ] {
          found[table] = try Row.fetchAll(database, sql: "SELECT * FROM \(table) ORDER BY 1, 2")
            .map { "\($0)" }
        }
        return found
      }
    }
    let before = try await rows(try DatabaseQueue(path: path))
    #expect(before["run"]?.count == 27 && before["experiment"]?.count == 1)
    let store = try await Store.open(path: path)
    #expect(try await rows(store.queue) == before)
    // Bytes of the records too, by their hashes.
    for run in try store.runs() { _ = try store.document(of: run) }
    #expect(try store.baselines().map(\.name) == ["nightly", "release"])
    #expect(try store.waivers().map(\.reason) == ["BUG-7"])
    #expect(try store.experiments().map(\.outcome) == [StoredExperiment.waived])

    let builds = try store.builds(suite: "boot", target: "board").map(\.id)
    #expect(builds == (0..<12).map { "b\($0)" } + ["slow"])
    let first = try store.history(of: builds, suite: "boot", target: "board")
    #expect(first.decoded == 27)
    let histories = first.history.histories(matching: ["*"])
    #expect(
      histories.map { "\($0.metric.id.text) \($0.metric.statistic.text)" } == [
        "boot.time@boot value", "fsync.latency{fs=ext4}@boot p50",
        "fsync.latency{fs=ext4}@boot p90", "speed@boot value",
      ])
    // What that version itself said.
    #expect(histories[0].steps.map(\.build) == [6])
    #expect(histories[0].steps.map(\.change) == [0.299669])
    #expect(
      histories[3].points.prefix(5).map(\.value) == [50.0749, 50.4249, 50.2249, 50.2996, 50.3749])
    #expect(try store.history(of: builds, suite: "boot", target: "board").decoded == 0)
    #expect(try await rows(store.queue) == before)
  }
}
