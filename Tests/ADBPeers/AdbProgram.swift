import Devices
import Foundation

/// The `adb` program, as the other opinion. Its server has a port of its own.
package struct AdbProgram {
  package let daemon: RealADBD
  /// The bookworm program (29) or the daemon's own version (34).
  package enum Version: CaseIterable {
    case debian12
    case sameAsDaemon
  }
  package let version: Version

  /// The port of its server: one for each daemon and version, as suites run side by side.
  package var serverPort: UInt16 { daemon.port + (version == .debian12 ? 500 : 600) }

  package init(daemon: RealADBD, version: Version) {
    self.daemon = daemon
    self.version = version
  }

  private var prefix: String {
    switch version {
    case .debian12: "ANDROID_ADB_SERVER_PORT=\(serverPort) /usr/bin/adb"
    case .sameAsDaemon:
      "ANDROID_ADB_SERVER_PORT=\(serverPort) LD_LIBRARY_PATH=\(daemon.libraries) "
        + "\(PeerPackages.programs(root: daemon.root))/adb"
    }
  }

  /// Runs it against the daemon.
  package func run(_ arguments: String, timeout: Duration = .seconds(60)) async throws -> ExecResult
  {
    let address = "127.0.0.1:\(daemon.port)"
    _ = try await LocalDevice().exec(
      "\(prefix) connect \(address) > /dev/null 2>&1 < /dev/null", timeout: .seconds(60))
    return try await LocalDevice().exec(
      "\(prefix) -s \(address) \(arguments) < /dev/null", timeout: timeout)
  }

  /// Starts its server.
  package func startServer() async throws {
    _ = try await LocalDevice().exec(
      "\(prefix) start-server > /dev/null 2>&1 < /dev/null", timeout: .seconds(60))
  }

  package func stop() async {
    _ = try? await LocalDevice().exec(
      "\(prefix) kill-server > /dev/null 2>&1 < /dev/null", timeout: .seconds(30))
  }
}
