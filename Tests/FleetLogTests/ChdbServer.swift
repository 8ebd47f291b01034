import Foundation
import ForeignReaders
import POSIXSupport

@testable import FleetLog

/// A current engine, chdb, on a loopback port, with a directory of its own.
final class ChdbServer: EngineServer {
  static let isEnabled = ForeignReader.has("chdb")

  private let port: UInt16
  private let work: String
  private let child: ChildProcess

  /// Returns once it answers.
  static func start() async throws -> ChdbServer { try await ChdbServer() }

  private init() async throws {
    work = NSTemporaryDirectory() + "latgate-chdb-\(UUID().uuidString.prefix(8))"
    try UserDirectories.makeDirectory(work)
    let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../cluster/chdb_server.py").standardizedFileURL.path
    child = try ChildProcess.spawn(
      ForeignReader.python, arguments: [program, work], connectsInput: true)
    var line = ""
    while !line.hasSuffix("\n") {
      let part = try await child.standardOutput.read(deadline: .now + .seconds(240))
      guard !part.isEmpty else { throw DidNotStart() }
      line += String(decoding: part, as: UTF8.self)
    }
    guard let port = UInt16(line.dropLast()) else { throw DidNotStart() }
    self.port = port
  }

  private struct DidNotStart: Error {}

  func place(_ database: String) throws -> ClickHousePlace {
    try ClickHousePlace(host: "127.0.0.1", port: port, database: database)
  }

  deinit {
    child.signalGroup(SIGKILL)
    try? FileManager.default.removeItem(atPath: work)
  }
}
