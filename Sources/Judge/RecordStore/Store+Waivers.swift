import Foundation
import GRDB

/// A known issue that shall not fail a firmware, for a while.
package struct StoredWaiver: Sendable, Equatable {
  package var id: Int64
  /// Pattern over the texts of metrics, with `*` and `?`.
  package var metric: String
  /// Nil = every suite.
  package var suite: String?
  /// Last day on which it holds, UTC, `2027-01-31`.
  package var until: String
  package var reason: String
  package var at: Date

  package init(
    id: Int64 = 0, metric: String, suite: String? = nil, until: String, reason: String, at: Date
  ) {
    self.id = id
    self.metric = metric
    self.suite = suite
    self.until = until
    self.reason = reason
    self.at = at
  }
}

extension StoredWaiver: FetchableRecord {
  package init(row: Row) throws {
    self.init(
      id: row["id"], metric: row["metric"], suite: row["suite"], until: row["until"],
      reason: row["reason"], at: row["at"])
  }
}

extension Store {
  static let waivers = Migration(name: "waivers") { database in
    try database.create(table: "waiver") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("metric", .text).notNull()
      table.column("suite", .text)
      table.column("until", .text).notNull()
      table.column("reason", .text).notNull()
      table.column("at", .datetime).notNull()
    }
  }

  /// Keeps a waiver.
  /// - Returns: its number.
  package func add(_ waiver: StoredWaiver) throws(StoreError) -> Int64 {
    try write { database in
      try database.execute(
        sql: "INSERT INTO waiver (metric, suite, until, reason, at) VALUES (?, ?, ?, ?, ?)",
        arguments: [waiver.metric, waiver.suite, waiver.until, waiver.reason, waiver.at])
      return database.lastInsertedRowID
    }
  }

  /// Waivers that hold for a suite, expired ones too; nil = of all suites.
  package func waivers(suite: String? = nil) throws(StoreError) -> [StoredWaiver] {
    try read { database in
      try StoredWaiver.fetchAll(
        database,
        sql: "SELECT * FROM waiver WHERE ?1 IS NULL OR suite IS NULL OR suite = ?1 ORDER BY id",
        arguments: [suite])
    }
  }

  /// Takes a waiver back.
  /// - Returns: what was removed; nil when there is none of that number.
  package func removeWaiver(_ id: Int64) throws(StoreError) -> StoredWaiver? {
    try write { database in
      let known = try StoredWaiver.fetchOne(
        database, sql: "SELECT * FROM waiver WHERE id = ?", arguments: [id])
      try database.execute(sql: "DELETE FROM waiver WHERE id = ?", arguments: [id])
      return known
    }
  }
}
