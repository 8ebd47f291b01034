import Foundation
import GRDB
import POSIXSupport

extension Store {
  static let crashLedger = Migration(name: "crash ledger") { database in
    try database.create(table: "crashEvent") { table in
      table.autoIncrementedPrimaryKey("id")
      for name in ["model", "build", "kernelBuildID", "probe", "content", "kind"] {
        table.column(name, .text).notNull()
      }
      table.column("at", .datetime).notNull()
      for name in ["run", "serial", "bootID"] { table.column(name, .text).notNull() }
      table.column("ownerProcess", .integer).notNull()
      table.column("ownerStart", .integer).notNull()
      table.column("ownerBoot", .text).notNull()
      table.column("evidence", .text).notNull()
      table.column("liftedAt", .datetime)
    }
    try database.create(
      index: "crashEventBySubject", on: "crashEvent",
      columns: ["model", "build", "kernelBuildID", "content"])
  }

  /// Who loads, where and when.
  package struct Attempt: Sendable {
    package var run: String
    package var serial: String
    package var bootID: String
    package var owner: ProcessIdentity
    package var at: Date

    package init(run: String, serial: String, bootID: String, owner: ProcessIdentity, at: Date) {
      self.run = run
      self.serial = serial
      self.bootID = bootID
      self.owner = owner
      self.at = at
    }
  }

  /// Notes that a load begins; on the disk when this returns.
  /// - Returns: the number of the line, for ``endLoad(_:)`` or ``blame(_:_:evidence:)``.
  package func beginLoad(_ subject: LoadSubject, _ attempt: Attempt) throws(StoreError) -> Int64 {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO crashEvent (model, build, kernelBuildID, probe, content, kind, at, run, serial,
            bootID, ownerProcess, ownerStart, ownerBoot, evidence)
          VALUES (?, ?, ?, ?, ?, 'loading', ?, ?, ?, ?, ?, ?, ?, '')
          """,
        arguments: [
          subject.model, subject.build, subject.kernelBuildID, subject.probe, subject.content,
          attempt.at, attempt.run, attempt.serial, attempt.bootID, attempt.owner.processID,
          Int64(bitPattern: attempt.owner.startTicks), attempt.owner.hostBootID,
        ])
      return database.lastInsertedRowID
    }
  }

  /// Takes a load that did no harm out of the ledger.
  package func endLoad(_ id: Int64) throws(StoreError) {
    try write { database in
      try database.execute(
        sql: "DELETE FROM crashEvent WHERE id = ? AND kind = 'loading'", arguments: [id])
    }
  }

  /// Turns a load into a quarantine, and takes back what trust there was.
  /// - Returns: the line as it stands now; nil when it is gone.
  @discardableResult
  package func blame(
    _ id: Int64, _ kind: CrashEvent.Kind, evidence: String
  ) throws(StoreError) -> CrashEvent? {
    try write { database in
      try database.execute(
        sql: "UPDATE crashEvent SET kind = ?, evidence = ? WHERE id = ?",
        arguments: [kind.rawValue, String(evidence.prefix(Self.evidenceLimit)), id])
      guard let event = try Self.event(id, database) else { return nil }
      try Self.distrust(event.subject, database)
      return event
    }
  }

  /// Judges loads of a build whose process has ended without saying how they went: those of a
  /// device that is still in the same boot did no harm, the others may have.
  /// - Returns: those that are quarantined now.
  package func settleAbandoned(
    model: String, build: String, kernelBuildID: String, serial: String, bootID: String
  ) throws(StoreError) -> [CrashEvent] {
    try write { database in
      let open = try CrashEvent.fetchAll(
        database,
        sql: """
          SELECT * FROM crashEvent
          WHERE kind = 'loading' AND model = ? AND build = ? AND kernelBuildID = ?
          """, arguments: [model, build, kernelBuildID])
      var blamed: [CrashEvent] = []
      for var event in open where !event.owner.isRunning {
        if event.serial == serial && event.bootID == bootID {
          try database.execute(sql: "DELETE FROM crashEvent WHERE id = ?", arguments: [event.id])
          continue
        }
        event.kind = .abandoned
        event.evidence =
          "the host ended while it was loading; the device has not said since that it survived"
        try database.execute(
          sql: "UPDATE crashEvent SET kind = ?, evidence = ? WHERE id = ?",
          arguments: [event.kind.rawValue, event.evidence, event.id])
        try Self.distrust(event.subject, database)
        blamed.append(event)
      }
      return blamed
    }
  }

  /// What keeps a subject from being loaded: its latest event that was not lifted.
  package func quarantine(of subject: LoadSubject) throws(StoreError) -> CrashEvent? {
    try read { database in
      try CrashEvent.fetchOne(
        database,
        sql: """
          SELECT * FROM crashEvent
          WHERE model = ? AND build = ? AND kernelBuildID = ? AND probe = ? AND content = ?
            AND kind != 'loading' AND liftedAt IS NULL
          ORDER BY id DESC LIMIT 1
          """,
        arguments: arguments(subject))
    }
  }

  /// Everything that was ever quarantined, oldest first; `current` leaves out what was lifted.
  package func quarantines(current: Bool) throws(StoreError) -> [CrashEvent] {
    try read { database in
      try CrashEvent.fetchAll(
        database,
        sql: "SELECT * FROM crashEvent WHERE kind != 'loading'"
          + (current ? " AND liftedAt IS NULL" : "") + " ORDER BY id")
    }
  }

  /// Allows a load again.
  /// - Returns: what was lifted; nil when there is no such quarantine.
  package func lift(_ id: Int64, at: Date) throws(StoreError) -> CrashEvent? {
    try write { database in
      guard let event = try Self.event(id, database), event.kind != .loading,
        event.liftedAt == nil
      else { return nil }
      try database.execute(
        sql: "UPDATE crashEvent SET liftedAt = ? WHERE id = ?", arguments: [at, id])
      return event
    }
  }

  /// Characters kept of what a device said.
  private static let evidenceLimit = 8192

  private static func event(_ id: Int64, _ database: Database) throws -> CrashEvent? {
    try CrashEvent.fetchOne(
      database, sql: "SELECT * FROM crashEvent WHERE id = ?", arguments: [id])
  }
}
