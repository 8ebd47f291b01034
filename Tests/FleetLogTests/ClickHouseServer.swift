import DebianRoots
import Foundation
import POSIXSupport

@testable import FleetLog

/// A real engine that answers on a loopback port while this exists.
protocol EngineServer: Sendable {
  func place(_ database: String) throws -> ClickHousePlace
}

/// Debian's ClickHouse, of 2018, on a loopback port, with a directory of its own.
final class ClickHouseServer: EngineServer {
  /// The tests that use it need the network's Debian mirror.
  static let isEnabled = ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1"

  struct DidNotStart: Error, CustomStringConvertible {
    let description: String
  }

  let port: UInt16
  private let work: String
  private let child: ChildProcess

  /// Returns once it answers.
  static func start() async throws -> ClickHouseServer {
    let root = try await DebianRoot.extract(
      name: "clickhouse", packages: ["clickhouse-server"], architecture: .amd64,
      suites: ["bookworm"])
    return try await ClickHouseServer(root: root)
  }

  private init(root: String) async throws {
    port = try ListeningSocket(host: "127.0.0.1", port: 0).port
    work = NSTemporaryDirectory() + "latgate-clickhouse-\(UUID().uuidString.prefix(8))"
    try UserDirectories.makeDirectory(work + "/data/tmp")
    let files = [
      "config.xml": """
      <yandex><logger><level>warning</level><log>\(work)/log</log><errorlog>\(work)/errors</errorlog></logger>
      <http_port>\(port)</http_port><listen_host>127.0.0.1</listen_host>
      <path>\(work)/data/</path><tmp_path>\(work)/data/tmp/</tmp_path>
      <users_config>\(work)/users.xml</users_config><default_profile>default</default_profile>
      <default_database>default</default_database><mark_cache_size>67108864</mark_cache_size></yandex>
      """,
      "users.xml": """
      <yandex><profiles><default/></profiles><quotas><default/></quotas><users><default><password/>
      <networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
      </default></users></yandex>
      """,
    ]
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(work)/\(name)"))
    }
    let libraries = ["usr/lib", "lib"].map { "\(root)/\($0)/x86_64-linux-gnu" }
    child = try ChildProcess.spawn(
      "/bin/sh",
      arguments: [
        "-c",
        "cd \(work) && LD_LIBRARY_PATH=\(libraries.joined(separator: ":")) exec "
          + "\(root)/usr/sbin/clickhouse-server --config-file=config.xml > out 2>&1",
      ])
    for _ in 0..<2400 {
      if let answer = try? HTTPExchange(host: "127.0.0.1", port: port).post(
        "/", Array("SELECT 1".utf8)),
        answer.status == 200
      {
        return
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    let said = (try? String(contentsOfFile: work + "/errors", encoding: .utf8)) ?? ""
    throw DidNotStart(description: "ClickHouse does not answer: \(said.suffix(500))")
  }

  func place(_ database: String) throws -> ClickHousePlace {
    try ClickHousePlace(host: "127.0.0.1", port: port, database: database)
  }

  deinit {
    child.signalGroup(SIGKILL)
    try? FileManager.default.removeItem(atPath: work)
  }
}
