import FleetReports
import Foundation
import Synchronization

/// Statements to the servers of an index, over HTTP.
final class ClickHouseConnection: Sendable {
  private struct Refusal {
    var code: Int
    var text: String
  }

  private let servers: [ClickHousePlace.Server]
  /// The server that answered last.
  private let current = Mutex(0)
  private let settings = Mutex<[(name: String, value: String)]>([])

  /// Another insert into the shard has not reached its quorum yet (UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE):
  /// older releases take one at a time.
  private static let quorumIsBusy = 286
  /// A server that lost its ZooKeeper (TABLE_IS_READ_ONLY, KEEPER_EXCEPTION), or reaches no replica of a shard
  /// (ALL_CONNECTION_TRIES_FAILED): another one may do.
  private static let elsewhere: Set<Int> = [242, 999, 279]
  /// How often a statement is tried while the quorum is busy, and for how many ms at least it waits then.
  private static let tries = 60
  private static let shortestWait = 40

  init(_ servers: [ClickHousePlace.Server]) {
    self.servers = servers
  }

  /// Settings of all statements from now on; those that the servers do not know are left out.
  func use(_ wanted: [(name: String, value: String)]) throws(LogError) {
    let list = wanted.map { "'\($0.name)'" }.joined(separator: ", ")
    var rows = try query("SELECT name FROM system.settings WHERE name IN (\(list))")
    var known: Set<String> = []
    while !rows.isAtEnd {
      guard let name = rows.string() else { throw cutOff }
      known.insert(String(decoding: name, as: UTF8.self))
    }
    settings.withLock { $0 = wanted.filter { known.contains($0.name) } }
  }

  func query(_ statement: String) throws(LogError) -> RowBinaryReader {
    RowBinaryReader(try run(statement + " FORMAT RowBinary"))
  }

  var cutOff: LogError {
    LogError(.unusable, path: subject, reason: "the server's answer is cut off")
  }

  private var subject: String { servers.map(\.description).joined(separator: ",") }

  /// Sends a statement, and `body`, what it inserts.
  /// - Returns: the rows of a query.
  /// - Throws: ``LogError`` of kind `away` when no server answers.
  @discardableResult
  func run(_ statement: String, _ body: [UInt8] = []) throws(LogError) -> ArraySlice<UInt8> {
    var failed = 0
    var busy = 0
    while true {
      let number = current.withLock { $0 }
      let server = servers[number]
      let fault: LogError
      do throws(LogError) {
        let answer = try send(statement, body, to: server)
        if answer.status == 200 { return answer.body }
        let text = String(decoding: answer.body.prefix(500), as: UTF8.self)
        let code = Self.code(text)
        if code == Self.quorumIsBusy, busy < Self.tries {
          busy += 1
          usleep(UInt32(1000 * Int.random(in: Self.shortestWait...8 * Self.shortestWait)))
          continue
        }
        throw LogError(
          code.map(Self.elsewhere.contains) == true ? .away : .unusable, path: server.description,
          reason: "ClickHouse answered \(answer.status): \(text)")
      } catch {
        guard error.kind == .away else { throw error }
        fault = error
      }
      failed += 1
      guard failed < servers.count else { throw fault }
      current.withLock { if $0 == number { $0 = (number + 1) % servers.count } }
    }
  }

  /// Errors that come after the first rows would look like rows: the server sends nothing before the
  /// end.
  private func send(
    _ statement: String, _ body: [UInt8], to server: ClickHousePlace.Server
  ) throws(LogError) -> HTTPExchange.Answer {
    var target = "/?wait_end_of_query=1"
    for (name, value) in settings.withLock({ $0 }) { target += "&\(name)=\(value)" }
    if !body.isEmpty { target += "&query=" + Self.escaped(statement) }
    return try HTTPExchange(host: server.host, port: server.port)
      .post(target, body.isEmpty ? Array(statement.utf8) : body)
  }

  /// The number in `Code: 286. DB::Exception: ...`.
  private static func code(_ text: String) -> Int? {
    guard text.hasPrefix("Code: ") else { return nil }
    return Int(text.dropFirst("Code: ".count).prefix { $0.isASCII && $0.isNumber })
  }

  private static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { result, byte in
      result += "%" + Hexadecimal.text([byte])
    }
  }
}
