import Foundation
import GRDB
import RegressionAnalysis

/// What is known of a bench's noise.
package struct StoredProfile: Sendable, Equatable {
  package var bench: BenchIdentity
  /// JSON of the profile that verdicts start from.
  package var profile: Data
  /// JSON of what the last calibration found; nil when there was none.
  package var calibration: Data?
  package var updated: Date
  /// How many experiments the profile was made from.
  package var experiments: Int
}

extension StoredProfile: FetchableRecord {
  package init(row: Row) throws {
    bench = BenchIdentity(target: row["target"], device: row["device"], suite: row["suite"])
    profile = row["profile"]
    calibration = row["calibration"]
    updated = row["updated"]
    experiments = row["experiments"]
  }
}

extension Store {
  static let noiseProfiles = Migration(name: "noise profiles") { database in
    try database.create(table: "noiseProfile") { table in
      for name in ["target", "device", "suite"] { table.column(name, .text).notNull() }
      table.column("profile", .blob).notNull()
      table.column("calibration", .blob)
      table.column("updated", .datetime).notNull()
      table.primaryKey(["target", "device", "suite"])
    }
    // Each experiment is learnt from once, however often it is judged.
    try database.create(table: "noiseSource") { table in
      for name in ["target", "device", "suite", "experiment"] {
        table.column(name, .text).notNull()
      }
      table.column("at", .datetime).notNull()
      table.primaryKey(["target", "device", "suite", "experiment"])
    }
  }

  /// The noise of a bench; nil when it was never calibrated and never learnt from.
  package func profile(of bench: BenchIdentity) throws(StoreError) -> StoredProfile? {
    try read { database in try Self.profiles(bench, database).first }
  }

  /// All profiles, by suite and bench.
  package func profiles() throws(StoreError) -> [StoredProfile] {
    try read { database in try Self.profiles(nil, database) }
  }

  /// Lets a profile grow by an experiment, once: reading and writing are one step, so that two
  /// experiments that end at the same time both count. `grow` makes the new profile of the old one.
  /// - Returns: false when the experiment is in the profile already; `grow` is not called then.
  /// - Throws: what `grow` throws, or ``StoreError``; the profile is then as it was.
  @discardableResult
  package func growProfile(
    of bench: BenchIdentity, by experiment: String, at: Date, _ grow: (Data?) throws -> Data
  ) throws -> Bool {
    var own: (any Error)?
    do {
      return try write { database in
        guard try Self.learns(bench, experiment, at, database) else { return false }
        let old = try Self.profiles(bench, database).first
        let profile: Data
        do {
          profile = try grow(old?.profile)
        } catch {
          own = error
          throw error
        }
        try Self.put(bench, profile, calibration: old?.calibration, at, database)
        return true
      }
    } catch {
      throw own ?? error
    }
  }

  /// Keeps what a calibration found; it takes the place of all that was known of the bench.
  ///
  /// `calibration` is JSON of the noise, `profile` of what verdicts start from; `experiments` are
  /// those that the runs belong to, which are not learnt from again.
  package func calibrate(
    _ bench: BenchIdentity, calibration: Data, profile: Data, experiments: Set<String>, at: Date
  ) throws(StoreError) {
    try write { database in
      try Self.forget(bench, database)
      for experiment in experiments.sorted() {
        _ = try Self.learns(bench, experiment, at, database)
      }
      try Self.put(bench, profile, calibration: calibration, at, database)
    }
  }

  /// Notes that a profile learns from an experiment; false when it did before.
  private static func learns(
    _ bench: BenchIdentity, _ experiment: String, _ at: Date, _ database: Database
  ) throws -> Bool {
    try database.execute(
      sql: "INSERT OR IGNORE INTO noiseSource VALUES (?, ?, ?, ?, ?)",
      arguments: [bench.target, bench.device, bench.suite, experiment, at])
    return database.changesCount > 0
  }

  private static func put(
    _ bench: BenchIdentity, _ profile: Data, calibration: Data?, _ at: Date, _ database: Database
  ) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO noiseProfile VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [bench.target, bench.device, bench.suite, profile, calibration, at])
  }

  private static func forget(_ bench: BenchIdentity, _ database: Database) throws {
    let arguments: StatementArguments = [bench.target, bench.device, bench.suite]
    let condition = "WHERE target = ? AND device = ? AND suite = ?"
    try database.execute(sql: "DELETE FROM noiseSource \(condition)", arguments: arguments)
    try database.execute(sql: "DELETE FROM noiseProfile \(condition)", arguments: arguments)
  }

  private static func profiles(
    _ bench: BenchIdentity?, _ database: Database
  ) throws -> [StoredProfile] {
    try StoredProfile.fetchAll(
      database,
      sql: """
        SELECT *, (SELECT COUNT(*) FROM noiseSource AS s WHERE s.target = p.target
          AND s.device = p.device AND s.suite = p.suite) AS experiments
        FROM noiseProfile AS p
        WHERE target = coalesce(?, target) AND device = coalesce(?, device)
          AND suite = coalesce(?, suite)
        ORDER BY suite, target, device
        """, arguments: [bench?.target, bench?.device, bench?.suite])
  }
}
