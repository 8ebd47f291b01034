import Devices
import Foundation

/// The `adb` program, as the other opinion. Its server has a port of its own.
struct AdbProgram {
  let daemon: RealADBD
  /// The bookworm program (29) or the daemon's own version (34).
  enum Version: CaseIterable {
    case debian12
    case sameAsDaemon
  }
  let version: Version

  private var prefix: String {
    switch version {
    case .debian12: "ANDROID_ADB_SERVER_PORT=5067 adb"
    case .sameAsDaemon:
      "ANDROID_ADB_SERVER_PORT=5068 LD_LIBRARY_PATH=\(daemon.libraries) "
        + "\(daemon.root)/usr/lib/android-sdk/platform-tools/adb"
    }
  }

  /// Runs it against the daemon.
  func run(_ arguments: String, timeout: Duration = .seconds(60)) async throws -> ExecResult {
    let address = "127.0.0.1:\(daemon.port)"
    _ = try await LocalDevice().exec(
      "\(prefix) connect \(address) > /dev/null 2>&1 < /dev/null", timeout: .seconds(60))
    return try await LocalDevice().exec(
      "\(prefix) -s \(address) \(arguments) < /dev/null", timeout: timeout)
  }

  func stop() async {
    _ = try? await LocalDevice().exec(
      "\(prefix) kill-server > /dev/null 2>&1 < /dev/null", timeout: .seconds(30))
  }
}
