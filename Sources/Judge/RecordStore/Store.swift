import Foundation
import GRDB
import POSIXSupport

/// What latgate remembers between runs: one SQLite file per user.
///
/// Several processes may use it at once: readers are never blocked (write-ahead log), and writers
/// wait for each other. What was written is on the disk when a call returns, also after a power
/// failure. All calls throw ``StoreError``.
package final class Store: Sendable {
  /// Absolute path of the file.
  package let path: String
  let queue: DatabaseQueue

  /// How long a writer waits for another process.
  private static let busyLimit = Duration.seconds(20)

  /// Opens the file, which is made if missing, and brings its tables up to date.
  /// - Throws: ``StoreError``; `CancellationError` while another process does the same.
  package static func open(path: String) async throws -> Store {
    do {
      try UserDirectories.makeDirectory(URL(fileURLWithPath: path).deletingLastPathComponent().path)
      // Two processes that make the tables at once would both begin with the first one.
      let lock = try await FileLock.acquire(path + ".lock", timeout: busyLimit)
      defer { withExtendedLifetime(lock) {} }
      return try Store(path: path)
    } catch let error as CancellationError {
      throw error
    } catch {
      throw StoreError(path: path, cause: error)
    }
  }

  private init(path: String) throws {
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(Self.busyLimit / .seconds(1))
    configuration.label = "latgate.store"
    try Self.refuseStranger(path)
    configuration.prepareDatabase { database in
      // The default of the write-ahead log loses the last writes with the power.
      try database.execute(sql: "PRAGMA synchronous = FULL")
    }
    queue = try DatabaseQueue(path: path, configuration: configuration)
    var migrator = DatabaseMigrator()
    for migration in Self.migrations {
      migrator.registerMigration(migration.name, migrate: migration.make)
    }
    try migrator.migrate(queue)
  }

  /// Looks at a file that exists before anything is written to it: what another program, or a later
  /// version, keeps there stays untouched.
  private static func refuseStranger(_ path: String) throws {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let size = attributes?[.size] as? UInt64, size > 0 else { return }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(busyLimit / .seconds(1))
    try DatabaseQueue(path: path, configuration: configuration).read { database in
      let tables = try String.fetchAll(
        database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
      if tables.isEmpty { return }
      let made =
        tables.contains("grdb_migrations")
        ? try String.fetchAll(
          database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid") : []
      guard let first = migrations.first, made.contains(first.name) else {
        throw StoreError(path: path, reason: "belongs to another program", kind: .badFile)
      }
      let known = Set(migrations.map(\.name))
      let strange = made.filter { !known.contains($0) }
      guard strange.isEmpty else {
        throw StoreError(
          path: path,
          reason:
            "was made by a later version of latgate (it has \(strange.joined(separator: ", ")))",
          kind: .badFile)
      }
    }
  }

  /// One concern's tables.
  struct Migration: Sendable {
    /// Never changed once released.
    var name: String
    var make: @Sendable (Database) throws -> Void
  }

  /// In the order in which they came to be; released ones are never changed.
  private static let migrations: [Migration] = [
    crashLedger, trustMarks, runs, experiments, baselines, noiseProfiles, waivers, levels,
  ]

  /// Where the store is: `option`, `$LATGATE_STORE`, or the user's state directory.
  /// - Throws: `MissingHomeError`.
  package static func location(
    option: String?, environment: [String: String]
  ) throws(MissingHomeError) -> String {
    if let given = option ?? environment["LATGATE_STORE"], !given.isEmpty {
      return URL(fileURLWithPath: given).standardizedFileURL.path
    }
    guard let directory = UserDirectories.statePath(environment: environment) else {
      throw MissingHomeError(purpose: "the store", variable: "XDG_STATE_HOME")
    }
    return directory + "/latgate.sqlite"
  }

  func read<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
    do { return try queue.read(work) } catch { throw StoreError(path: path, cause: error) }
  }

  func write<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
    do { return try queue.write(work) } catch { throw StoreError(path: path, cause: error) }
  }
}
