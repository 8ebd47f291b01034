/// Where an index is.
package enum IndexPlace: Sendable, Equatable, CustomStringConvertible {
  /// A file.
  case sqlite(path: String)
  case clickHouse(ClickHousePlace)

  private static let file = "sqlite:"

  /// Reads `sqlite:FILE`, or as ``init(clickHouse:)``.
  /// - Throws: ``LogError`` for another text.
  package init(_ text: String) throws(LogError) {
    guard text.hasPrefix(Self.file), text != Self.file else {
      self = .clickHouse(try ClickHousePlace(text))
      return
    }
    self = .sqlite(path: String(text.dropFirst(Self.file.count)))
  }

  /// Reads `clickhouse://HOST:PORT[,HOST:PORT...]/DATABASE[?cluster=NAME]`.
  /// - Throws: ``LogError`` for another text.
  package init(clickHouse text: String) throws(LogError) {
    self = .clickHouse(try ClickHousePlace(text))
  }

  /// Opens the index, which is made if missing. `key` is that of the collector that writes to it.
  /// - Throws: ``LogError``; of kind `away` when no server answers.
  package func open(key: PseudonymKey? = nil) throws(LogError) -> any ReportIndex {
    switch self {
    case .sqlite(let path): return try SQLiteIndex(path: path)
    case .clickHouse(let place): return try ClickHouseIndex(place, key: key)
    }
  }

  /// The same where the servers do not answer: the index is opened when it is asked and they do.
  package func openLate(key: PseudonymKey) throws(LogError) -> any ReportIndex {
    switch self {
    case .sqlite: return try open()
    case .clickHouse(let place): return try ClickHouseIndex(place, key: key, isLate: true)
    }
  }

  /// Removes what the index holds.
  /// - Throws: ``LogError``: the server cannot be reached or refuses.
  package func remove() throws(LogError) {
    switch self {
    case .sqlite(let path): SQLiteIndex.remove(path: path)
    case .clickHouse(let place): try ClickHouseIndex(place).remove()
    }
  }

  package var description: String {
    switch self {
    case .sqlite(let path): path
    case .clickHouse(let place): place.description
    }
  }
}
