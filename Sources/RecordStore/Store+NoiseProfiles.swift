import Foundation
import GRDB

/// What is known of a bench's noise.
package struct StoredProfile: Sendable, Equatable {
  package var bench: BenchID
  /// JSON of the profile.
  package var document: Data
  package var updated: Date
  /// How many experiments it was made from.
  package var experiments: Int
}

extension StoredProfile: FetchableRecord {
  package init(row: Row) throws {
    bench = BenchID(target: row["target"], model: row["model"], suite: row["suite"])
    document = row["document"]
    updated = row["updated"]
    experiments = row["experiments"]
  }
}

extension Store {
  static let noiseProfiles = Migration(name: "noise profiles") { database in
    try database.create(table: "noiseProfile") { table in
      for name in ["target", "model", "suite"] { table.column(name, .text).notNull() }
      table.column("document", .blob).notNull()
      table.column("updated", .datetime).notNull()
      table.primaryKey(["target", "model", "suite"])
    }
    // Each experiment is learnt from once, however often it is judged.
    try database.create(table: "noiseSource") { table in
      for name in ["target", "model", "suite", "experiment"] { table.column(name, .text).notNull() }
      table.column("at", .datetime).notNull()
      table.primaryKey(["target", "model", "suite", "experiment"])
    }
  }

  /// The noise of a bench; nil when it was never calibrated and never learnt from.
  package func profile(of bench: BenchID) throws(StoreError) -> StoredProfile? {
    try read { database in try Self.profiles(bench, database).first }
  }

  /// All profiles, by suite and bench.
  package func profiles() throws(StoreError) -> [StoredProfile] {
    try read { database in try Self.profiles(nil, database) }
  }

  /// Lets a profile grow by an experiment, once: reading and writing are one step, so that two
  /// experiments that end at the same time both count.
  /// - Parameter grow: makes the new document of the old one.
  /// - Returns: false when the experiment is in the profile already; `grow` is not called then.
  /// - Throws: what `grow` throws, or ``StoreError``; the profile is then as it was.
  package func growProfile(
    of bench: BenchID, by experiment: String, at: Date, _ grow: (Data?) throws -> Data
  ) throws -> Bool {
    var own: (any Error)?
    do {
      return try write { database in
        try database.execute(
          sql: "INSERT OR IGNORE INTO noiseSource VALUES (?, ?, ?, ?, ?)",
          arguments: [bench.target, bench.model, bench.suite, experiment, at])
        guard database.changesCount > 0 else { return false }
        let old = try Self.profiles(bench, database).first
        let document: Data
        do {
          document = try grow(old?.document)
        } catch {
          own = error
          throw error
        }
        try database.execute(
          sql: "INSERT OR REPLACE INTO noiseProfile VALUES (?, ?, ?, ?, ?)",
          arguments: [bench.target, bench.model, bench.suite, document, at])
        return true
      }
    } catch {
      throw own ?? error
    }
  }

  /// Forgets what is known of a bench's noise, as after a change of the bench itself.
  /// - Returns: whether there was anything.
  package func forgetProfile(of bench: BenchID) throws(StoreError) -> Bool {
    try write { database in
      let arguments: StatementArguments = [bench.target, bench.model, bench.suite]
      let condition = "WHERE target = ? AND model = ? AND suite = ?"
      try database.execute(sql: "DELETE FROM noiseSource \(condition)", arguments: arguments)
      try database.execute(sql: "DELETE FROM noiseProfile \(condition)", arguments: arguments)
      return database.changesCount > 0
    }
  }

  private static func profiles(
    _ bench: BenchID?, _ database: Database
  ) throws -> [StoredProfile] {
    try StoredProfile.fetchAll(
      database,
      sql: """
        SELECT *, (SELECT COUNT(*) FROM noiseSource AS s WHERE s.target = p.target
          AND s.model = p.model AND s.suite = p.suite) AS experiments
        FROM noiseProfile AS p
        WHERE target = coalesce(?, target) AND model = coalesce(?, model)
          AND suite = coalesce(?, suite)
        ORDER BY suite, target, model
        """, arguments: [bench?.target, bench?.model, bench?.suite])
  }
}
