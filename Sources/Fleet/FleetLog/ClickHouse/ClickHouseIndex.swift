import FleetReports
import Foundation

/// An index in a ClickHouse server, by its HTTP interface.
///
/// Neither the server's own search for double inserts nor its durability is relied on: rows that come
/// twice, in whatever batches, are counted once when they are read, by their slot, and what is missing comes
/// from the log again. All statements are those of release 18.16 and of later ones.
package final class ClickHouseIndex: ReportIndex {
  private let exchange: HTTPExchange
  private let database: String

  /// Opens an index, whose tables are made if missing.
  /// - Throws: ``LogError``: the server cannot be reached or refuses.
  package init(host: String, port: UInt16, database: String) throws(LogError) {
    exchange = HTTPExchange(host: host, port: port)
    self.database = database
    guard !database.isEmpty, database.utf8.allSatisfy({ Self.nameBytes.contains($0) }) else {
      throw LogError(
        .unusable, path: database,
        reason: "is no name of a database: lower-case letters, digits, '_'")
    }
    for statement in tables { try run(statement) }
  }

  private static let nameBytes = Set("abcdefghijklmnopqrstuvwxyz0123456789_".utf8)

  private var tables: [String] {
    [
      "CREATE DATABASE IF NOT EXISTS \(database)",
      """
      CREATE TABLE IF NOT EXISTS \(database).report (
        campaign String, device FixedString(16), incarnation UInt64, sequence UInt32,
        id FixedString(16), segment UInt64, place UInt64, received UInt64, bytes String
      ) ENGINE = MergeTree() PARTITION BY toYYYYMM(toDateTime(intDiv(received, 1000)))
      ORDER BY (campaign, device, incarnation, sequence)
      """,
      """
      CREATE TABLE IF NOT EXISTS \(database).progress (segment UInt64, offset UInt64)
      ENGINE = MergeTree() ORDER BY (segment, offset)
      """,
    ]
  }

  /// Drops the tables.
  func remove() throws(LogError) {
    for table in ["report", "progress"] { try run("DROP TABLE IF EXISTS \(database).\(table)") }
  }

  /// One row for each slot: the report that is first in the log.
  private func counted(_ condition: String = "1") -> String {
    """
    SELECT campaign, device, argMin(id, (segment, place)) AS first,
      argMin(received, (segment, place)) AS arrived, argMin(bytes, (segment, place)) AS content,
      groupUniqArray(id) AS ids
    FROM \(database).report WHERE \(condition) GROUP BY campaign, device, incarnation, sequence
    """
  }

  package func position() throws -> LogPosition? {
    var rows = try query(
      "SELECT segment, offset FROM \(database).progress ORDER BY segment DESC, offset DESC LIMIT 1")
    guard !rows.isAtEnd else { return nil }
    guard let segment = rows.number(UInt64.self), let offset = rows.number(UInt64.self) else {
      throw cutOff
    }
    return LogPosition(segment: segment, offset: offset)
  }

  package func add(_ records: [LogRecord], upTo position: LogPosition) throws {
    var rows = RowBinaryWriter()
    for (number, record) in records.enumerated() {
      let report = try FleetReport(bytes: record.bytes)
      rows.string(Array(report.campaign.utf8))
      rows.fixed(record.device.bytes)
      rows.number(report.incarnation)
      rows.number(report.sequence)
      rows.fixed(record.id.bytes)
      rows.number(position.segment)
      // In the order of the log however it is grouped: a record takes more than a byte of it.
      rows.number(position.offset - UInt64(records.count - number))
      rows.number(record.received)
      rows.string(record.bytes)
    }
    if !records.isEmpty {
      try run("INSERT INTO \(database).report FORMAT RowBinary", rows.bytes)
    }
    // Afterwards: what a crash leaves out comes again.
    try run("INSERT INTO \(database).progress VALUES (\(position.segment), \(position.offset))")
  }

  package func campaigns() throws -> [CampaignCount] {
    var rows = try query(
      """
      SELECT campaign, count() AS reports, uniqExact(device) AS devices
      FROM (\(counted())) GROUP BY campaign ORDER BY campaign
      """)
    var result: [CampaignCount] = []
    while !rows.isAtEnd {
      guard let campaign = rows.string(), let reports = rows.number(UInt64.self),
        let devices = rows.number(UInt64.self)
      else { throw cutOff }
      result.append(
        CampaignCount(
          campaign: String(decoding: campaign, as: UTF8.self), reports: Int(reports),
          devices: Int(devices)))
    }
    return result
  }

  package func forEachReport(
    of campaign: String?, _ body: (CollectedReport) throws -> Void
  ) throws {
    let condition = campaign.map { "campaign = unhex('\(Hexadecimal.text($0.utf8))')" } ?? "1"
    var rows = try query(
      "SELECT first, device, arrived, content FROM (\(counted(condition))) ORDER BY first, device")
    while !rows.isAtEnd {
      guard let id = rows.fixed(ReportID.byteCount).flatMap({ ReportID($0) }),
        let device = rows.fixed(DevicePseudonym.byteCount).flatMap({ DevicePseudonym($0) }),
        let received = rows.number(UInt64.self), let bytes = rows.string()
      else { throw cutOff }
      try body(
        CollectedReport(
          id: id, device: device, received: received, report: FleetReport(bytes: Array(bytes))))
    }
  }

  package func owner(of slot: ReportSlot) throws -> ReportID? {
    let condition =
      "device = unhex('\(Hexadecimal.text(slot.device.bytes))') AND "
      + "incarnation = \(slot.incarnation) AND sequence = \(slot.sequence)"
    var rows = try query("SELECT first FROM (\(counted(condition)))")
    guard !rows.isAtEnd else { return nil }
    guard let id = rows.fixed(ReportID.byteCount).flatMap({ ReportID($0) }) else { throw cutOff }
    return id
  }

  package func conflicts() throws -> [ReportID] {
    var rows = try query(
      """
      SELECT other FROM (
        SELECT device, first, arrayJoin(ids) AS other FROM (\(counted())) WHERE length(ids) > 1)
      WHERE other != first
      GROUP BY device, other ORDER BY other, device
      """)
    var result: [ReportID] = []
    while !rows.isAtEnd {
      guard let id = rows.fixed(ReportID.byteCount).flatMap({ ReportID($0) }) else { throw cutOff }
      result.append(id)
    }
    return result
  }

  private var cutOff: LogError {
    LogError(.unusable, path: database, reason: "the server's answer is cut off")
  }

  private func query(_ statement: String) throws(LogError) -> RowBinaryReader {
    RowBinaryReader(try run(statement + " FORMAT RowBinary"))
  }

  /// Errors that come after the first rows would look like rows: the server sends nothing before the
  /// end.
  @discardableResult
  private func run(_ statement: String, _ body: [UInt8] = []) throws(LogError) -> ArraySlice<UInt8>
  {
    var target = "/?wait_end_of_query=1"
    var body = body
    if body.isEmpty {
      body = Array(statement.utf8)
    } else {
      target += "&query=" + Self.escaped(statement)
    }
    let answer = try exchange.post(target, body)
    guard answer.status == 200 else {
      let text = String(decoding: answer.body.prefix(500), as: UTF8.self)
      throw LogError(
        .unusable, path: "\(exchange.host):\(exchange.port)",
        reason: "ClickHouse answered \(answer.status): \(text)")
    }
    return answer.body
  }

  private static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { result, byte in
      result += "%" + Hexadecimal.text([byte])
    }
  }
}
