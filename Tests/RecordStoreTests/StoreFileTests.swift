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
}
