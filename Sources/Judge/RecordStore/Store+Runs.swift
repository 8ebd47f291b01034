import Foundation
import GRDB
import RegressionAnalysis
import RunRecords

extension Store {
  static let runs = Migration(name: "runs") { database in
    try database.create(table: "run") { table in
      table.column("hash", .text).primaryKey()
      table.column("id", .text).notNull().unique()
      table.column("created", .datetime).notNull()
      for name in ["target", "device", "suite", "workload", "serial", "build", "firmware"] {
        table.column(name, .text).notNull()
      }
      for name in ["experiment", "arm", "stage"] { table.column(name, .text) }
      table.column("place", .integer)
      table.column("isValid", .boolean).notNull()
      table.column("record", .blob).notNull()
    }
    try database.create(
      index: "runByBuild", on: "run", columns: ["suite", "target", "build", "created"])
    try database.create(index: "runByExperiment", on: "run", columns: ["experiment"])
  }

  /// What became of records that were given to the store.
  package struct Added: Sendable, Equatable {
    package var stored = 0
    /// Were there already.
    package var known = 0
  }

  /// Keeps records, all or none; those that are there already, in whatever spelling, are not kept
  /// twice.
  /// - Throws: ``StoreError``; of kind ``StoreError/Kind/conflict`` for an id that another record
  ///   has.
  @discardableResult
  package func add(_ documents: [RunDocument]) throws(StoreError) -> Added {
    try write { database in
      var added = Added()
      var statistics: [MetricStatistic: Int64] = [:]
      for document in documents {
        if try insert(document, &statistics, database) {
          added.stored += 1
        } else {
          added.known += 1
        }
      }
      return added
    }
  }

  private func insert(
    _ document: RunDocument, _ statistics: inout [MetricStatistic: Int64], _ database: Database
  ) throws -> Bool {
    let record = document.record
    if let known = try Row.fetchOne(
      database, sql: "SELECT hash, record FROM run WHERE id = ?", arguments: [record.id])
    {
      if known["hash"] == document.hash { return false }
      let stored = try RunDocument(known["record"], file: "\(path), run \(record.id)")
      guard stored.record == record else {
        throw StoreError(
          path: path,
          reason: "the store \(path) has another record with the id \(record.id): records must not "
            + "be changed once made",
          kind: .conflict)
      }
      return false
    }
    let isValid = !record.invalid.contains { $0.metric == nil && $0.probe == nil }
    try database.execute(
      sql: """
        INSERT INTO run (hash, id, created, target, device, suite, workload, serial, build, firmware,
          experiment, arm, stage, place, isValid, record)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        document.hash, record.id, record.created, record.target, record.benchDevice, record.suite,
        record.workload, record.device.serial, record.firmware.id, record.firmware.name,
        record.experiment?.id, record.experiment?.arm.rawValue, record.experiment?.stage?.rawValue,
        record.experiment?.order, isValid, document.bytes,
      ])
    try Self.insertLevels(document, &statistics, database)
    return true
  }

  /// The index of runs, oldest first.
  package func runs(_ filter: RunFilter = RunFilter()) throws(StoreError) -> [StoredRun] {
    try read { database in
      let (condition, arguments) = filter.sql
      return try StoredRun.fetchAll(
        database,
        sql: "SELECT \(StoredRun.columns) FROM run WHERE \(condition) ORDER BY created, place, id",
        arguments: arguments)
    }
  }

  /// Hands over the records of runs one after the other, oldest first, so that few are in memory.
  /// - Throws: ``StoreError``, or what `body` throws.
  package func forEachRun(
    _ filter: RunFilter = RunFilter(), _ body: (RunDocument) throws -> Void
  ) throws {
    for run in try runs(filter) {
      // Another process may have removed it meanwhile.
      if let document = try storedDocument(of: run) { try body(document) }
    }
  }

  /// The record of a run, with the bytes it came with.
  /// - Throws: ``StoreError``; of kind ``StoreError/Kind/badFile`` when the bytes are damaged.
  package func document(of run: StoredRun) throws(StoreError) -> RunDocument {
    guard let document = try storedDocument(of: run) else {
      throw StoreError(path: path, reason: "has lost run \(run.id)", kind: .badFile)
    }
    return document
  }

  /// The same; nil for a run that was removed since it was listed.
  func storedDocument(of run: StoredRun) throws(StoreError) -> RunDocument? {
    let bytes = try read { database in
      try Data.fetchOne(
        database, sql: "SELECT record FROM run WHERE hash = ?", arguments: [run.hash])
    }
    guard let bytes else { return nil }
    do {
      let document = try RunDocument(bytes, file: "\(path), run \(run.id)")
      guard document.hash == run.hash else {
        throw StoreError(
          path: path, reason: "is damaged: run \(run.id) is not what was stored", kind: .badFile)
      }
      return document
    } catch {
      throw error as? StoreError
        ?? StoreError(path: path, reason: "is damaged: \(error)", kind: .badFile)
    }
  }

  /// Runs whose id or content hash begins so.
  package func runs(beginning prefix: String) throws(StoreError) -> [StoredRun] {
    try read { database in
      try StoredRun.fetchAll(
        database,
        sql: """
          SELECT \(StoredRun.columns) FROM run
          WHERE substr(id, 1, ?1) = ?2 OR substr(hash, 1, ?1) = ?2 ORDER BY created, id
          """, arguments: [prefix.count, prefix])
    }
  }

  /// The builds measured with a suite, in the order in which they were first measured.
  package func builds(
    suite: String, target: String
  ) throws(StoreError) -> [StoredBuild] {
    // With one minimum alone SQLite takes the other columns from its row.
    try read { database in
      try StoredBuild.fetchAll(
        database,
        sql: """
          SELECT build, firmware, MIN(created) AS first, COUNT(*) AS runs FROM run
          WHERE suite = ? AND target = ? AND isValid GROUP BY build ORDER BY first, rowid
          """, arguments: [suite, target])
    }
  }

  /// Suites and targets of which runs are stored.
  package func benches() throws(StoreError) -> [BenchIdentity] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: "SELECT DISTINCT target, device, suite FROM run ORDER BY suite, target, device"
      ).map { BenchIdentity(target: $0["target"], device: $0["device"], suite: $0["suite"]) }
    }
  }

  /// What became of runs that were to be deleted.
  package struct Deleted: Sendable, Equatable {
    /// How many there were.
    package var count: Int
    /// Why the file still takes their place on the disk, as one whole sentence; nil where it does
    /// not.
    package var remark: String?
  }

  /// Deletes runs, all or none, and gives their place on the disk back.
  ///
  /// What was learnt from them, such as noise profiles and verdicts, stays. A file that cannot be
  /// made smaller, as while another program reads it, is no failure: the runs are gone.
  package func delete(_ runs: [StoredRun]) throws(StoreError) -> Deleted {
    let deleted = try write { database in
      var count = 0
      for run in runs {
        try database.execute(sql: "DELETE FROM run WHERE hash = ?", arguments: [run.hash])
        count += database.changesCount
      }
      if count > 0 { try Self.removeUnusedStatistics(database) }
      return count
    }
    guard deleted > 0 else { return Deleted(count: 0) }
    do {
      try queue.vacuum()
      // Until then the smaller file is in the log beside it.
      try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    } catch {
      return Deleted(
        count: deleted,
        remark: "the runs are deleted, but the store \(path) is not smaller yet (VACUUM: "
          + "\(StoreError(path: path, cause: error).reason)): another program may be reading it, or "
          + "the disk may be full; the next deletion tries it again")
    }
    return Deleted(count: deleted)
  }
}
