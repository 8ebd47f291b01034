import FleetReports
import Foundation
import Synchronization

/// An index in ClickHouse, in one server or a cluster, by its HTTP interface.
///
/// Neither the engine's own search for double inserts nor its durability is relied on: rows that come
/// twice, in whatever batches, are counted once when they are read, by their slot, and what is missing comes
/// from the logs again. All statements are those of release 18.16 and of later ones.
package final class ClickHouseIndex: ReportIndex {
  /// The servers, once they were asked.
  private struct Cluster {
    var shards = 1
    var replicas = 1
  }

  private let place: ClickHousePlace
  private let schema: ClickHouseSchema
  private let connection: ClickHouseConnection
  private let key: PseudonymKey?
  private let cluster = Mutex<Cluster?>(nil)

  package let isShared = true
  /// Many small inserts are what the engine bears least.
  package let pause = Duration.seconds(1)

  /// How long an insert waits for its second replica, in ms.
  private static let quorumLimit = 10_000

  /// Opens an index, whose tables are made if missing. `key` is that of the collector that writes to it; nil
  /// where nobody does. With `isLate` the servers are not asked before they are needed.
  /// - Throws: ``LogError``: no server answers, or one refuses.
  package init(
    _ place: ClickHousePlace, key: PseudonymKey? = nil, isLate: Bool = false
  ) throws(LogError) {
    self.place = place
    self.key = key
    schema = ClickHouseSchema(place: place)
    connection = ClickHouseConnection(place.servers)
    if !isLate { _ = try ready() }
  }

  /// Makes the tables if missing, when it is called first.
  private func ready() throws(LogError) -> Cluster {
    if let known = cluster.withLock({ $0 }) { return known }
    let found = try shape()
    try connection.use(settings(found))
    if try !hasTables() {
      for statement in schema.making { try connection.run(statement) }
    }
    if let key { try agree(on: key, found) }
    cluster.withLock { $0 = found }
    return found
  }

  private func shape() throws(LogError) -> Cluster {
    guard let name = place.cluster else { return Cluster() }
    var rows = try connection.query(
      """
      SELECT toUInt64(uniqExact(shard_num)) AS shards, toUInt64(max(replica_num)) AS replicas
      FROM system.clusters WHERE cluster = '\(name)'
      """)
    guard let shards = rows.number(UInt64.self), let replicas = rows.number(UInt64.self) else {
      throw connection.cutOff
    }
    guard shards > 0 else {
      throw LogError(
        .unusable, path: place.description,
        reason: "the servers have no cluster '\(name)' in remote_servers")
    }
    return Cluster(shards: Int(shards), replicas: Int(replicas))
  }

  private func settings(_ cluster: Cluster) -> [(name: String, value: String)] {
    var settings = [
      // An answer without a shard would be a wrong one.
      ("skip_unavailable_shards", "0"),
      // Rows that were answered with an error may be there or not: they must come again.
      ("insert_deduplicate", "0"), ("async_insert", "0"),
      ("distributed_ddl_task_timeout", "60"),
      ("database_atomic_wait_for_drop_and_detach_synchronously", "1"),
    ]
    if place.cluster != nil { settings.append(("insert_distributed_sync", "1")) }
    if cluster.replicas > 1 {
      settings += [("insert_quorum", "2"), ("insert_quorum_timeout", "\(Self.quorumLimit)")]
    }
    return settings.map { (name: $0.0, value: $0.1) }
  }

  private func hasTables() throws(LogError) -> Bool {
    let names = schema.names
    let list = names.map { "'\($0)'" }.joined(separator: ", ")
    var rows = try connection.query(
      """
      SELECT toUInt64(count()) AS tables FROM system.tables
      WHERE database = '\(place.database)' AND name IN (\(list))
      """)
    guard let found = rows.number(UInt64.self) else { throw connection.cutOff }
    return found == names.count
  }

  /// With another key a device is another one, and its reports would count twice.
  private func agree(on key: PseudonymKey, _ cluster: Cluster) throws(LogError) {
    var rows = try connection.query("SELECT key FROM \(schema.key) GROUP BY key")
    var known: Set<UInt64> = []
    while !rows.isAtEnd {
      guard let one = rows.number(UInt64.self) else { throw connection.cutOff }
      known.insert(one)
    }
    guard known.subtracting([key.mark]).isEmpty else {
      throw LogError(
        .unusable, path: place.description,
        reason:
          "was filled with another pseudonym.key; collectors that share an index have the same")
    }
    guard known.isEmpty else { return }
    let lanes = (0..<cluster.shards).map { "(\(key.mark), \($0))" }.joined(separator: ", ")
    try connection.run("INSERT INTO \(schema.key) (key, lane) VALUES \(lanes)")
  }

  /// Drops the tables.
  func remove() throws(LogError) {
    _ = try ready()
    for statement in schema.removal { try connection.run(statement) }
    cluster.withLock { $0 = nil }
  }

  /// Which row is the first of its slot: that of ``ReportIndex``.
  private static let order = "(segment, place, log)"

  /// One row for each slot: the report that counts.
  private func counted(_ columns: String, where condition: String = "1") -> String {
    """
    SELECT \(columns) FROM \(schema.report) WHERE \(condition)
    GROUP BY campaign, device, incarnation, sequence
    """
  }

  private static func first(_ column: String) -> String { "argMin(\(column), \(order))" }

  private static func isCampaign(_ name: String) -> String {
    "campaign = unhex('\(Hexadecimal.text(name.utf8))')"
  }

  package func logs() throws -> [LogIdentity] {
    _ = try ready()
    var rows = try connection.query("SELECT log FROM \(schema.progress) GROUP BY log ORDER BY log")
    var result: [LogIdentity] = []
    while !rows.isAtEnd {
      guard let log = rows.number(UInt64.self) else { throw connection.cutOff }
      result.append(LogIdentity(rawValue: log))
    }
    return result
  }

  package func position(in log: LogIdentity) throws -> LogPosition? {
    let shards = try ready().shards
    var rows = try connection.query(
      """
      SELECT lane, segment, max(offset) AS last FROM \(schema.progress) WHERE log = \(log.rawValue)
      GROUP BY lane, segment
      """)
    var reached: [UInt32: LogPosition] = [:]
    while !rows.isAtEnd {
      guard let lane = rows.number(UInt32.self), let segment = rows.number(UInt64.self),
        let offset = rows.number(UInt64.self)
      else { throw connection.cutOff }
      let position = LogPosition(segment: segment, offset: offset)
      reached[lane] = max(reached[lane] ?? position, position)
    }
    return reached.count < shards ? nil : reached.values.min()
  }

  package func add(
    _ records: [PlacedRecord], upTo position: LogPosition, of log: LogIdentity
  ) throws {
    let shards = try ready().shards
    if !records.isEmpty {
      try connection.run(
        """
        INSERT INTO \(schema.report)
        (campaign, device, incarnation, sequence, id, log, segment, place, received, model, bytes)
        FORMAT RowBinary
        """, try rows(records, log))
    }
    // Afterwards: what a crash leaves out comes again.
    let lanes = (0..<shards).map {
      "(\(log.rawValue), \($0), \(position.segment), \(position.offset))"
    }
    try connection.run(
      "INSERT INTO \(schema.progress) (log, lane, segment, offset) VALUES "
        + lanes.joined(separator: ", "))
  }

  private func rows(_ records: [PlacedRecord], _ log: LogIdentity) throws -> [UInt8] {
    var rows = RowBinaryWriter()
    for placed in records {
      let record = placed.record
      let report = try FleetReport(bytes: record.bytes)
      rows.string(Array(report.campaign.utf8))
      rows.fixed(record.device.bytes)
      rows.number(report.incarnation)
      rows.number(report.sequence)
      rows.fixed(record.id.bytes)
      rows.number(log.rawValue)
      rows.number(placed.place.segment)
      rows.number(placed.place.offset)
      rows.number(record.received)
      rows.string(Array(report.model.utf8))
      rows.string(record.bytes)
    }
    return rows.bytes
  }

  package func campaigns() throws -> [CampaignCount] {
    _ = try ready()
    var rows = try connection.query(
      """
      SELECT campaign, toUInt64(count()) AS reports, toUInt64(uniqExact(device)) AS devices
      FROM (\(counted("campaign, device"))) GROUP BY campaign ORDER BY campaign
      """)
    var result: [CampaignCount] = []
    while !rows.isAtEnd {
      guard let campaign = rows.string(), let reports = rows.number(UInt64.self),
        let devices = rows.number(UInt64.self)
      else { throw connection.cutOff }
      result.append(
        CampaignCount(
          campaign: String(decoding: campaign, as: UTF8.self), reports: Int(reports),
          devices: Int(devices)))
    }
    return result
  }

  package func models(of campaign: String) throws -> [String: Int] {
    _ = try ready()
    let models = counted(
      "\(Self.first("model")) AS made", where: Self.isCampaign(campaign))
    var rows = try connection.query(
      "SELECT made, toUInt64(count()) AS reports FROM (\(models)) GROUP BY made")
    var result: [String: Int] = [:]
    while !rows.isAtEnd {
      guard let model = rows.string(), let reports = rows.number(UInt64.self) else {
        throw connection.cutOff
      }
      // Names of other bytes may be one to Swift.
      result[String(decoding: model, as: UTF8.self), default: 0] += Int(reports)
    }
    return result
  }

  package func forEachReport(
    of campaign: String?, _ body: (CollectedReport) throws -> Void
  ) throws {
    _ = try ready()
    let columns = """
      \(Self.first("id")) AS first, device, \(Self.first("received")) AS arrived,
      \(Self.first("bytes")) AS content
      """
    let reports = counted(columns, where: campaign.map(Self.isCampaign) ?? "1")
    var rows = try connection.query(
      "SELECT first, device, arrived, content FROM (\(reports)) ORDER BY first, device")
    while !rows.isAtEnd {
      guard let id = rows.fixed(ReportID.byteCount).flatMap({ ReportID($0) }),
        let device = rows.fixed(DevicePseudonym.byteCount).flatMap({ DevicePseudonym($0) }),
        let received = rows.number(UInt64.self), let bytes = rows.string()
      else { throw connection.cutOff }
      try body(
        CollectedReport(
          id: id, device: device, received: received, report: FleetReport(bytes: Array(bytes))))
    }
  }

  package func owner(of slot: ReportSlot) throws -> ReportID? {
    _ = try ready()
    let condition =
      "device = unhex('\(Hexadecimal.text(slot.device.bytes))') AND "
      + "incarnation = \(slot.incarnation) AND sequence = \(slot.sequence)"
    var rows = try connection.query(counted("\(Self.first("id")) AS first", where: condition))
    guard !rows.isAtEnd else { return nil }
    guard let id = rows.fixed(ReportID.byteCount).flatMap({ ReportID($0) }) else {
      throw connection.cutOff
    }
    return id
  }

  package func conflicts() throws -> [ReportID] {
    _ = try ready()
    let slots = counted("device, \(Self.first("id")) AS first, groupUniqArray(id) AS ids")
    var rows = try connection.query(
      """
      SELECT other FROM (
        SELECT device, first, arrayJoin(ids) AS other FROM (\(slots)) WHERE length(ids) > 1)
      WHERE other != first
      GROUP BY device, other ORDER BY other, device
      """)
    var result: [ReportID] = []
    while !rows.isAtEnd {
      guard let id = rows.fixed(ReportID.byteCount).flatMap({ ReportID($0) }) else {
        throw connection.cutOff
      }
      result.append(id)
    }
    return result
  }
}
