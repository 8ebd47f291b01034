import FleetReports
import Foundation
import GRDB

/// An index in one SQLite file.
package final class SQLiteIndex: ReportIndex {
  /// Absolute path of the file.
  package let path: String
  private let queue: DatabaseQueue

  /// Another layout is made from the log anew.
  private static let layout = 2

  package let isShared = false
  package let pause = Duration.zero

  /// Opens the file, which is made if missing; one of another layout is made anew, empty. `isRead`: it is
  /// neither, and another collector may be filling it.
  /// - Throws: ``LogError`` of kind `damaged` for a file that SQLite does not take: remove it; of kind
  ///   `unusable` for one that is not there, or of another layout, where it is only read.
  package init(path: String, isRead: Bool = false) throws(LogError) {
    self.path = path
    guard !isRead || FileManager.default.fileExists(atPath: path) else {
      throw LogError(
        .unusable, path: path,
        reason: "there is no index; 'latgate-collector rebuild' makes it from the log")
    }
    do { queue = try Self.open(path, isRead: isRead) } catch {
      throw (error as? LogError)
        ?? LogError(
          .damaged, path: path,
          reason: "the index cannot be used (\(error)); remove it: it is made anew")
    }
  }

  /// Removes an index; there need be none.
  package static func remove(path: String) {
    for file in [path, path + "-wal", path + "-shm"] { unlink(file) }
  }

  private static func open(_ path: String, isRead: Bool) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(20)
    configuration.label = "latgate.fleet"
    configuration.prepareDatabase { database in
      // A crash may lose the last changes, all of each: the log still has them.
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.write { database in
      let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
      if found == layout { return }
      guard !isRead else {
        throw LogError(
          .unusable, path: path,
          reason:
            "was made by another release of latgate-collector; read it with that release's tools")
      }
      for table in ["report", "cohort", "conflict", "progress"] {
        try database.execute(sql: "DROP TABLE IF EXISTS \(table)")
      }
      try database.execute(sql: tables)
      try database.execute(sql: "PRAGMA user_version = \(layout)")
    }
    return queue
  }

  private static let tables = """
    CREATE TABLE cohort (
      id INTEGER PRIMARY KEY, campaign TEXT NOT NULL, manifest INTEGER NOT NULL,
      arm INTEGER NOT NULL, build TEXT NOT NULL, model TEXT NOT NULL,
      UNIQUE (campaign, manifest, arm, build, model));
    CREATE TABLE report (
      place INTEGER PRIMARY KEY, cohort INTEGER NOT NULL REFERENCES cohort, id BLOB NOT NULL,
      device BLOB NOT NULL, incarnation INTEGER NOT NULL, sequence INTEGER NOT NULL,
      received INTEGER NOT NULL, bytes BLOB NOT NULL, log INTEGER NOT NULL,
      segment INTEGER NOT NULL, offset INTEGER NOT NULL,
      UNIQUE (device, incarnation, sequence));
    CREATE INDEX reportByCohort ON report (cohort);
    CREATE TABLE conflict (
      device BLOB NOT NULL, id BLOB NOT NULL, PRIMARY KEY (device, id)) WITHOUT ROWID;
    CREATE TABLE progress (
      log INTEGER PRIMARY KEY, segment INTEGER NOT NULL, offset INTEGER NOT NULL);
    """

  package func logs() throws -> [LogIdentity] {
    try queue.read { database in
      try Int64.fetchAll(database, sql: "SELECT log FROM progress")
        .map { LogIdentity(rawValue: UInt64(bitPattern: $0)) }.sorted()
    }
  }

  package func position(in log: LogIdentity) throws -> LogPosition? {
    try queue.read { database in
      try Row.fetchOne(
        database, sql: "SELECT segment, offset FROM progress WHERE log = ?",
        arguments: [Int64(bitPattern: log.rawValue)]
      ).map { Self.position($0) }
    }
  }

  private static func position(_ row: Row) -> LogPosition {
    LogPosition(
      segment: UInt64(bitPattern: row["segment"]), offset: UInt64(bitPattern: row["offset"]))
  }

  package func add(
    _ records: [PlacedRecord], upTo position: LogPosition, of log: LogIdentity
  ) throws {
    try queue.write { database in
      for record in records { try Self.insert(record, of: log, database) }
      try database.cachedStatement(
        sql: """
          INSERT INTO progress VALUES (?, ?, ?)
          ON CONFLICT (log) DO UPDATE SET segment = excluded.segment, offset = excluded.offset
          """
      ).execute(arguments: [
        Int64(bitPattern: log.rawValue), Int64(bitPattern: position.segment),
        Int64(bitPattern: position.offset),
      ])
    }
  }

  private static func insert(
    _ placed: PlacedRecord, of log: LogIdentity, _ database: Database
  ) throws {
    let record = placed.record
    let report = try FleetReport(bytes: record.bytes)
    let cohort = try cohort(of: report, database)
    let device = Data(record.device.bytes)
    let id = Data(record.id.bytes)
    let incarnation = Int64(bitPattern: report.incarnation)
    try database.cachedStatement(
      sql: """
        INSERT INTO report (
          cohort, id, device, incarnation, sequence, received, bytes, log, segment, offset)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """
    ).execute(arguments: [
      cohort, id, device, incarnation, Int64(report.sequence), Int64(bitPattern: record.received),
      Data(record.bytes), Int64(bitPattern: log.rawValue),
      Int64(bitPattern: placed.place.segment), Int64(bitPattern: placed.place.offset),
    ])
    guard database.changesCount == 0 else { return }
    try settle(placed, of: log, cohort, ReportSlot(device: record.device, report: report), database)
  }

  /// Decides between a report and the one that has its slot.
  private static func settle(
    _ placed: PlacedRecord, of log: LogIdentity, _ cohort: Int64, _ slot: ReportSlot,
    _ database: Database
  ) throws {
    let taken = try Row.fetchOne(
      database.cachedStatement(
        sql: """
          SELECT place, id, log, segment, offset FROM report
          WHERE device = ? AND incarnation = ? AND sequence = ?
          """), arguments: arguments(slot))
    guard let taken, let owner = ReportID(taken["id"] as Data) else { return }
    let record = placed.record
    let device = Data(slot.device.bytes)
    let ownerLog = LogIdentity(rawValue: UInt64(bitPattern: taken["log"]))
    var loser = record.id
    if (placed.place, log) < (position(taken), ownerLog) {
      loser = owner
      try database.cachedStatement(
        sql: """
          UPDATE report SET cohort = ?, id = ?, received = ?, bytes = ?, log = ?, segment = ?, offset = ?
          WHERE place = ?
          """
      ).execute(arguments: [
        cohort, Data(record.id.bytes), Int64(bitPattern: record.received), Data(record.bytes),
        Int64(bitPattern: log.rawValue), Int64(bitPattern: placed.place.segment),
        Int64(bitPattern: placed.place.offset), taken["place"] as Int64,
      ])
      try database.cachedStatement(sql: "DELETE FROM conflict WHERE device = ? AND id = ?")
        .execute(arguments: [device, Data(record.id.bytes)])
    }
    guard owner != record.id else { return }
    try database.cachedStatement(sql: "INSERT OR IGNORE INTO conflict VALUES (?, ?)")
      .execute(arguments: [device, Data(loser.bytes)])
  }

  private static func cohort(of report: FleetReport, _ database: Database) throws -> Int64 {
    let arguments: StatementArguments = [
      report.campaign, Int64(bitPattern: report.manifest), Int64(report.arm), report.build,
      report.model,
    ]
    let known = try Int64.fetchOne(
      database.cachedStatement(
        sql: """
          SELECT id FROM cohort
          WHERE campaign = ? AND manifest = ? AND arm = ? AND build = ? AND model = ?
          """), arguments: arguments)
    if let known { return known }
    try database.cachedStatement(
      sql: "INSERT INTO cohort (campaign, manifest, arm, build, model) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: arguments)
    return database.lastInsertedRowID
  }

  package func campaigns() throws -> [CampaignCount] {
    try queue.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT campaign, count(*) AS reports, count(DISTINCT device) AS devices
          FROM report JOIN cohort ON cohort.id = report.cohort GROUP BY campaign ORDER BY campaign
          """
      ).map {
        CampaignCount(campaign: $0["campaign"], reports: $0["reports"], devices: $0["devices"])
      }
    }
  }

  package func models(of campaign: String) throws -> [String: Int] {
    try queue.read { database in
      let rows = try Row.fetchAll(
        database,
        sql: """
          SELECT model, count(*) AS reports FROM report JOIN cohort ON cohort.id = report.cohort
          WHERE campaign = ? GROUP BY model
          """, arguments: [campaign])
      // Names of other bytes may be one to Swift, and devices say what they like.
      var models: [String: Int] = [:]
      for row in rows {
        let model: String = row["model"]
        let reports: Int = row["reports"]
        models[model, default: 0] += reports
      }
      return models
    }
  }

  package func forEachReport(
    of campaign: String?, _ body: (CollectedReport) throws -> Void
  ) throws {
    try queue.read { database in
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT report.id AS id, device, received, bytes
          FROM report JOIN cohort ON cohort.id = report.cohort
          WHERE ?1 IS NULL OR campaign = ?1 ORDER BY report.id, device
          """, arguments: [campaign])
      while let row = try rows.next() {
        guard let id = ReportID(row["id"] as Data),
          let device = DevicePseudonym(row["device"] as Data)
        else { continue }
        try body(
          CollectedReport(
            id: id, device: device, received: UInt64(bitPattern: row["received"]),
            report: FleetReport(bytes: Array(row["bytes"] as Data))))
      }
    }
  }

  package func owner(of slot: ReportSlot) throws -> ReportID? {
    try queue.read { try Self.owner(of: slot, $0) }
  }

  private static func owner(of slot: ReportSlot, _ database: Database) throws -> ReportID? {
    try Data.fetchOne(
      database.cachedStatement(
        sql: "SELECT id FROM report WHERE device = ? AND incarnation = ? AND sequence = ?"),
      arguments: arguments(slot)
    ).flatMap { ReportID($0) }
  }

  private static func arguments(_ slot: ReportSlot) -> StatementArguments {
    [Data(slot.device.bytes), Int64(bitPattern: slot.incarnation), Int64(slot.sequence)]
  }

  package func conflicts() throws -> [ReportID] {
    try queue.read { database in
      try Data.fetchAll(database, sql: "SELECT id FROM conflict ORDER BY id, device")
        .compactMap { ReportID($0) }
    }
  }
}
