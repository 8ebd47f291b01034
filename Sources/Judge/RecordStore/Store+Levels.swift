import Foundation
import GRDB
import RegressionAnalysis
import RunRecords

/// What runs said of each statistic is kept beside their records: a history over a thousand builds
/// reads some numbers, and decodes no record.
extension Store {
  static let levels = Migration(name: "run levels") { database in
    try database.create(table: "statistic") { table in
      table.autoIncrementedPrimaryKey("id")
      // Canonical JSON of the metric and its statistic.
      table.column("name", .text).notNull().unique()
    }
    // Runs whose levels are known. VACUUM may renumber rows without a key of their own.
    try database.create(table: "levelRun") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("run", .text).notNull().unique().references("run", onDelete: .cascade)
      // Which rules made them, and how many they are.
      table.column("rules", .integer).notNull()
      table.column("count", .integer).notNull()
    }
    try database.create(table: "level", options: .withoutRowID) { table in
      table.column("statistic", .integer).notNull().references("statistic")
      table.column("run", .integer).notNull().references("levelRun", onDelete: .cascade)
      table.column("value", .double).notNull()
      table.column("higherIsBetter", .boolean).notNull()
      table.primaryKey(["statistic", "run"])
    }
    try database.create(index: "levelByRun", on: "level", columns: ["run"])
  }

  /// Records that are decoded before what they said is written.
  private static let fillBatch = 64

  /// The history of some builds of a suite on a target, from the levels of their valid runs.
  ///
  /// Runs that were stored by an earlier version, or under other rules, are decoded once; their levels
  /// are kept, and a call that was interrupted resumes there.
  /// - Parameters:
  ///   - builds: ids, in order.
  ///   - suite: of the runs.
  ///   - target: of the runs.
  ///   - patterns: over ``MetricID/text``, with `*` and `?`.
  /// - Returns: the history, and how many records had to be decoded.
  /// - Throws: ``StoreError``; of kind ``StoreError/Kind/badFile`` for a damaged record.
  package func history(
    of builds: [String], suite: String, target: String, matching patterns: [String] = ["*"]
  ) throws -> (history: BuildHistory, decoded: Int) {
    let decoded = try fillLevels(RunFilter(suite: suite, target: target))
    return try read { database in
      var history = BuildHistory(builds: builds)
      var places: [Int64: (order: Int, build: String)] = [:]
      let runs = try Row.fetchCursor(
        database,
        sql: """
          SELECT levelRun.id, run.build FROM run JOIN levelRun ON levelRun.run = run.hash
          WHERE run.suite = ? AND run.target = ? ORDER BY run.created, run.place, run.id
          """, arguments: [suite, target])
      while let row = try runs.next() {
        places[row[0]] = (places.count, row[1])
      }
      for (id, statistic) in try statistics(database)
      where patterns.contains(where: { glob($0, matches: statistic.id.text) }) {
        var found: [(order: Int, build: String, value: Double)] = []
        var higherIsBetter = false
        let levels = try Row.fetchCursor(
          database, sql: "SELECT run, value, higherIsBetter FROM level WHERE statistic = ?",
          arguments: [id])
        while let row = try levels.next() {
          guard let place = places[row[0]] else { continue }
          found.append((place.order, place.build, row[1]))
          if row[2] { higherIsBetter = true }
        }
        // As if the records had been read, oldest first: sums of numbers depend on their order.
        found.sort { $0.order < $1.order }
        history.add(
          found.map { ($0.build, $0.value) }, of: statistic, higherIsBetter: higherIsBetter)
      }
      return (history, decoded)
    }
  }

  /// Makes the levels of runs that have none of the present rules.
  /// - Returns: how many records were decoded.
  private func fillLevels(_ filter: RunFilter) throws -> Int {
    let missing = try read { database in
      let (condition, arguments) = filter.sql
      return try StoredRun.fetchAll(
        database,
        sql: """
          SELECT \(StoredRun.columns) FROM run WHERE \(condition) AND NOT EXISTS
            (SELECT 1 FROM levelRun WHERE levelRun.run = run.hash AND rules = ?)
          """, arguments: arguments + [RunLevels.rules])
    }
    var next = missing[...]
    var decoded = 0
    while !next.isEmpty {
      // Another process may have removed a run meanwhile.
      let documents = try next.prefix(Self.fillBatch).compactMap { try storedDocument(of: $0) }
      decoded += documents.count
      try write { database in
        var known: [MetricStatistic: Int64] = [:]
        for document in documents {
          let isThere = try Bool.fetchOne(
            database, sql: "SELECT EXISTS (SELECT 1 FROM run WHERE hash = ?)",
            arguments: [document.hash])
          if isThere == true { try Self.insertLevels(document, &known, database) }
        }
      }
      next = next.dropFirst(Self.fillBatch)
    }
    return decoded
  }

  /// Keeps what a stored run says; what was kept before is replaced. `known` are the statistics that
  /// this transaction has seen.
  static func insertLevels(
    _ document: RunDocument, _ known: inout [MetricStatistic: Int64], _ database: Database
  ) throws {
    let levels = RunLevels(document.record)
    try database.execute(sql: "DELETE FROM levelRun WHERE run = ?", arguments: [document.hash])
    try database.execute(
      sql: "INSERT INTO levelRun (run, rules, count) VALUES (?, ?, ?)",
      arguments: [document.hash, RunLevels.rules, levels.values.count])
    let run = database.lastInsertedRowID
    let insert = try database.cachedStatement(sql: "INSERT INTO level VALUES (?, ?, ?, ?)")
    for (statistic, value) in levels.values {
      let id = try known[statistic] ?? Self.id(of: statistic, database)
      known[statistic] = id
      try insert.execute(
        arguments: [id, run, value, levels.higherIsBetter.contains(statistic)])
    }
  }

  /// Forgets statistics of which no level is left.
  static func removeUnusedStatistics(_ database: Database) throws {
    try database.execute(
      sql: """
        DELETE FROM statistic WHERE NOT EXISTS
          (SELECT 1 FROM level WHERE level.statistic = statistic.id)
        """)
  }

  private static func id(of statistic: MetricStatistic, _ database: Database) throws -> Int64 {
    let name = try statistic.storedName()
    let known = try database.cachedStatement(sql: "SELECT id FROM statistic WHERE name = ?")
    if let id = try Int64.fetchOne(known, arguments: [name]) { return id }
    try database.execute(sql: "INSERT INTO statistic (name) VALUES (?)", arguments: [name])
    return database.lastInsertedRowID
  }

  private func statistics(_ database: Database) throws -> [(Int64, MetricStatistic)] {
    try Row.fetchAll(database, sql: "SELECT id, name FROM statistic ORDER BY id").map { row in
      let name: String = row["name"]
      guard let statistic = MetricStatistic(storedName: name) else {
        throw StoreError(
          path: path, reason: "is damaged: '\(name)' names no statistic", kind: .badFile)
      }
      return (row["id"], statistic)
    }
  }
}

extension MetricStatistic {
  private struct Parts: Codable {
    var id: MetricID
    var statistic: Statistic
  }

  /// What names it in the store; equal statistics have equal names.
  fileprivate func storedName() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let parts = try encoder.encode(Parts(id: id, statistic: statistic))
    return String(decoding: parts, as: UTF8.self)
  }

  fileprivate init?(storedName: String) {
    guard let parts = try? JSONDecoder().decode(Parts.self, from: Data(storedName.utf8)) else {
      return nil
    }
    self.init(id: parts.id, statistic: parts.statistic)
  }
}
