import Foundation

/// Which servers have an index, and where in them.
package struct ClickHousePlace: Sendable, Equatable, CustomStringConvertible {
  package struct Server: Sendable, Equatable, CustomStringConvertible {
    package var host: String
    /// Of its HTTP interface.
    package var port: UInt16

    package var description: String {
      host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }

  /// Any of them can be asked; the next one is when the first does not answer.
  package var servers: [Server]
  package var database: String
  /// Name of the cluster over whose shards and replicas the tables are spread, as the servers'
  /// `remote_servers` have it; nil = the tables are on the one server.
  package var cluster: String?

  private static let scheme = "clickhouse://"
  private static let nameBytes = Set("abcdefghijklmnopqrstuvwxyz0123456789_".utf8)

  package init(host: String, port: UInt16, database: String) throws(LogError) {
    servers = [Server(host: host, port: port)]
    self.database = database
    try check(database)
  }

  /// Reads `clickhouse://HOST:PORT[,HOST:PORT...]/DATABASE[?cluster=NAME]`.
  /// - Throws: ``LogError`` for another text.
  package init(_ text: String) throws(LogError) {
    func fault() -> LogError {
      LogError(
        .unusable, path: text,
        reason: "is not clickhouse://HOST:PORT[,HOST:PORT...]/DATABASE[?cluster=NAME]")
    }
    let parts = text.dropFirst(Self.scheme.count).split(
      separator: "/", omittingEmptySubsequences: false)
    guard text.hasPrefix(Self.scheme), parts.count == 2 else { throw fault() }
    let names = parts[1].split(separator: "?", omittingEmptySubsequences: false)
    servers = []
    for one in parts[0].split(separator: ",", omittingEmptySubsequences: false) {
      guard let server = URLComponents(string: "http://\(one)"), let host = server.host,
        !host.isEmpty, let port = server.port.flatMap({ UInt16(exactly: $0) }),
        server.user == nil
      else { throw fault() }
      servers.append(Server(host: host.trimmingCharacters(in: ["[", "]"]), port: port))
    }
    database = String(names[0])
    if names.count > 1 {
      guard names.count == 2, names[1].hasPrefix("cluster=") else { throw fault() }
      cluster = String(names[1].dropFirst("cluster=".count))
    }
    guard servers.count == 1 || cluster != nil else { throw fault() }
    try check(database)
    if let cluster { try check(cluster) }
  }

  /// Names go into statements as they are.
  private func check(_ name: String) throws(LogError) {
    guard !name.isEmpty, name.utf8.allSatisfy({ Self.nameBytes.contains($0) }) else {
      throw LogError(
        .unusable, path: name,
        reason: "is no name of a database or cluster: lower-case letters, digits, '_'")
    }
  }

  package var description: String {
    Self.scheme + servers.map(\.description).joined(separator: ",") + "/\(database)"
      + (cluster.map { "?cluster=\($0)" } ?? "")
  }
}
