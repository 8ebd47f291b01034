import Foundation

/// Where an index is.
package enum IndexPlace: Sendable, Equatable, CustomStringConvertible {
  /// A file.
  case sqlite(path: String)
  case clickHouse(host: String, port: UInt16, database: String)

  /// Reads `clickhouse://HOST:PORT/DATABASE`.
  /// - Throws: ``LogError`` for another text.
  package init(clickHouse text: String) throws(LogError) {
    guard let parts = URLComponents(string: text), parts.scheme == "clickhouse",
      let host = parts.host, !host.isEmpty, let port = parts.port.flatMap({ UInt16(exactly: $0) }),
      parts.user == nil, parts.query == nil
    else {
      throw LogError(
        .unusable, path: text, reason: "is not clickhouse://HOST:PORT/DATABASE")
    }
    self = .clickHouse(host: host, port: port, database: String(parts.path.dropFirst()))
  }

  /// Opens the index, which is made if missing.
  /// - Throws: ``LogError``.
  package func open() throws(LogError) -> any ReportIndex {
    switch self {
    case .sqlite(let path): return try SQLiteIndex(path: path)
    case .clickHouse(let host, let port, let database):
      return try ClickHouseIndex(host: host, port: port, database: database)
    }
  }

  /// Removes what the index holds.
  /// - Throws: ``LogError``: the server cannot be reached or refuses.
  package func remove() throws(LogError) {
    switch self {
    case .sqlite(let path): SQLiteIndex.remove(path: path)
    case .clickHouse(let host, let port, let database):
      try ClickHouseIndex(host: host, port: port, database: database).remove()
    }
  }

  package var description: String {
    switch self {
    case .sqlite(let path): path
    case .clickHouse(let host, let port, let database): "clickhouse://\(host):\(port)/\(database)"
    }
  }
}
