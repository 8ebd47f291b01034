import Foundation
import GRDB

/// Stored builds that candidates are held against, by name.
package struct StoredBaseline: Sendable, Equatable {
  /// Which builds it means.
  package enum Kind: Sendable, Equatable {
    /// Always the same ones, by build id.
    case pinned([String])
    /// The last ones, that many.
    case rolling(Int)
  }

  /// A step in the level of metrics that was meant.
  package struct Step: Sendable, Equatable, Codable {
    /// The first build of the new level.
    package var build: String
    package var reason: String
    package var at: Date

    package init(build: String, reason: String, at: Date) {
      self.build = build
      self.reason = reason
      self.at = at
    }
  }

  package var name: String
  package var suite: String
  package var target: String
  package var kind: Kind
  package var at: Date
  /// Oldest first.
  package var steps: [Step]

  package init(
    name: String, suite: String, target: String, kind: Kind, at: Date, steps: [Step] = []
  ) {
    self.name = name
    self.suite = suite
    self.target = target
    self.kind = kind
    self.at = at
    self.steps = steps
  }
}

extension Store {
  static let baselines = Migration(name: "baselines") { database in
    try database.create(table: "baseline") { table in
      table.column("name", .text).primaryKey()
      table.column("suite", .text).notNull()
      table.column("target", .text).notNull()
      // Builds of a rolling one; null of a pinned one.
      table.column("window", .integer)
      table.column("at", .datetime).notNull()
    }
    try database.create(table: "baselineBuild") { table in
      table.column("baseline", .text).notNull().references("baseline", onDelete: .cascade)
      table.column("build", .text).notNull()
      table.primaryKey(["baseline", "build"])
    }
    try database.create(table: "baselineStep") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("baseline", .text).notNull().references("baseline", onDelete: .cascade)
      table.column("build", .text).notNull()
      table.column("reason", .text).notNull()
      table.column("at", .datetime).notNull()
    }
  }

  /// Keeps a baseline; one of the same name is replaced, with its steps.
  /// - Returns: whether there was one.
  @discardableResult
  package func add(_ baseline: StoredBaseline) throws(StoreError) -> Bool {
    try write { database in
      let replaced = try Self.remove(baseline.name, database)
      var window: Int?
      if case .rolling(let builds) = baseline.kind { window = builds }
      try database.execute(
        sql: "INSERT INTO baseline VALUES (?, ?, ?, ?, ?)",
        arguments: [baseline.name, baseline.suite, baseline.target, window, baseline.at])
      if case .pinned(let builds) = baseline.kind {
        for build in builds {
          try database.execute(
            sql: "INSERT OR IGNORE INTO baselineBuild VALUES (?, ?)",
            arguments: [baseline.name, build])
        }
      }
      for step in baseline.steps { try Self.insert(step, baseline.name, database) }
      return replaced
    }
  }

  /// Notes that a step was meant.
  package func accept(_ step: StoredBaseline.Step, in baseline: String) throws(StoreError) {
    try write { database in try Self.insert(step, baseline, database) }
  }

  /// The baseline of a name.
  package func baseline(named name: String) throws(StoreError) -> StoredBaseline? {
    try read { database in
      try Row.fetchOne(database, sql: "SELECT * FROM baseline WHERE name = ?", arguments: [name])
        .map { try Self.baseline($0, database) }
    }
  }

  /// All baselines, by name.
  package func baselines() throws(StoreError) -> [StoredBaseline] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM baseline ORDER BY name")
        .map { try Self.baseline($0, database) }
    }
  }

  /// Forgets a baseline; its runs stay.
  /// - Returns: whether there was one.
  package func removeBaseline(_ name: String) throws(StoreError) -> Bool {
    try write { database in try Self.remove(name, database) }
  }

  private static func remove(_ name: String, _ database: Database) throws -> Bool {
    try database.execute(sql: "DELETE FROM baseline WHERE name = ?", arguments: [name])
    return database.changesCount > 0
  }

  private static func insert(
    _ step: StoredBaseline.Step, _ baseline: String, _ database: Database
  ) throws {
    try database.execute(
      sql: "INSERT INTO baselineStep (baseline, build, reason, at) VALUES (?, ?, ?, ?)",
      arguments: [baseline, step.build, step.reason, step.at])
  }

  private static func baseline(_ row: Row, _ database: Database) throws -> StoredBaseline {
    let name: String = row["name"]
    let window: Int? = row["window"]
    let builds = try String.fetchAll(
      database, sql: "SELECT build FROM baselineBuild WHERE baseline = ? ORDER BY rowid",
      arguments: [name])
    let steps = try Row.fetchAll(
      database, sql: "SELECT * FROM baselineStep WHERE baseline = ? ORDER BY id", arguments: [name])
    return StoredBaseline(
      name: name, suite: row["suite"], target: row["target"],
      kind: window.map { .rolling($0) } ?? .pinned(builds), at: row["at"],
      steps: steps.map {
        StoredBaseline.Step(build: $0["build"], reason: $0["reason"], at: $0["at"])
      })
  }
}
