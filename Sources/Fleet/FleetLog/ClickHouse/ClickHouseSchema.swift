/// The tables of an index, and the statements that make and drop them.
///
/// In a cluster each table is a local one in every replica, `NAME_part`, replicated within its shard, and one
/// without rows, `NAME`, by which all shards are read and written. All reports of a device are in one shard.
/// Rows that are equal in all columns of the order are one row after a merge; nothing relies on it.
struct ClickHouseSchema: Sendable {
  private struct Table {
    var name: String
    var columns: String
    /// Parameter of the engine: of rows that are equal in the order's columns, the one with the highest stays.
    var version = ""
    var partition: String?
    var order: String
    /// What decides about the shard of a row.
    var sharding: String
  }

  /// Tables of another layout stand beside these, and are filled from the logs: collectors of two releases can
  /// run side by side.
  private static let layout = 2

  let place: ClickHousePlace

  /// A report; the column names are those of ``LogRecord`` and ``FleetReport``, `place` is the byte in the segment.
  var report: String { name(Self.reportTable) }
  /// Up to where a log was read. Each shard has its own row, by the lane of its number: a shard that lost its
  /// tables says so.
  var progress: String { name(Self.progressTable) }
  /// Which key makes pseudonyms, as a number of its own for each key.
  var key: String { name(Self.keyTable) }

  private static let reportTable = Table(
    name: "report",
    columns: """
      campaign String, device FixedString(16), incarnation UInt64, sequence UInt32, id FixedString(16), \
      log UInt64, segment UInt64, place UInt64, received UInt64, model String, bytes String
      """,
    partition: "toYYYYMM(toDateTime(intDiv(received, 1000)))",
    order: "campaign, device, incarnation, sequence, segment, place, log",
    sharding: "cityHash64(device)")

  private static let progressTable = Table(
    name: "progress", columns: "log UInt64, lane UInt32, segment UInt64, offset UInt64",
    version: "offset", order: "log, lane, segment", sharding: "lane")

  private static let keyTable = Table(
    name: "pseudonym_key", columns: "key UInt64, lane UInt32", order: "key, lane",
    sharding: "lane")

  private static let tables = [reportTable, progressTable, keyTable]

  /// Names of all tables that are missing when the index is.
  var names: [String] {
    Self.tables.flatMap { table in
      place.cluster == nil
        ? ["\(table.name)_\(Self.layout)"]
        : ["\(table.name)_\(Self.layout)", "\(table.name)_\(Self.layout)_part"]
    }
  }

  var making: [String] {
    ["CREATE DATABASE IF NOT EXISTS \(place.database)\(onCluster)"]
      + Self.tables.flatMap { statements($0) }
  }

  /// Also of the first layout, which had no number.
  var removal: [String] {
    (names + ["report", "progress"]).map {
      "DROP TABLE IF EXISTS \(place.database).\($0)\(onCluster)"
    }
  }

  private func statements(_ table: Table) -> [String] {
    let partition = table.partition.map { "PARTITION BY \($0) " } ?? ""
    guard let cluster = place.cluster else {
      return [
        """
        CREATE TABLE IF NOT EXISTS \(name(table)) (\(table.columns))
        ENGINE = ReplacingMergeTree(\(table.version)) \(partition)ORDER BY (\(table.order))
        """
      ]
    }
    let path = "/clickhouse/tables/{shard}/\(place.database)/\(table.name)_\(Self.layout)"
    let version = table.version.isEmpty ? "" : ", \(table.version)"
    return [
      """
      CREATE TABLE IF NOT EXISTS \(name(table))_part\(onCluster) (\(table.columns))
      ENGINE = ReplicatedReplacingMergeTree('\(path)', '{replica}'\(version)) \(partition)\
      ORDER BY (\(table.order))
      """,
      """
      CREATE TABLE IF NOT EXISTS \(name(table))\(onCluster) (\(table.columns))
      ENGINE = Distributed(\(cluster), \(place.database), \(table.name)_\(Self.layout)_part, \
      \(table.sharding))
      """,
    ]
  }

  private func name(_ table: Table) -> String {
    "\(place.database).\(table.name)_\(Self.layout)"
  }

  private var onCluster: String { place.cluster.map { " ON CLUSTER \($0)" } ?? "" }
}
