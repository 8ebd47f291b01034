import Foundation
import Testing

/// The built tool, run as a user runs it.
struct Tool {
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// End-to-end tests need images and a built tool: `ci/test` sets the variable.
  static let isEnabled = ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1"

  /// Port of the adb server that the tests use: the user's own is left alone.
  static let serverPort =
    ProcessInfo.processInfo.environment["LATGATE_E2E_SERVER_PORT"].flatMap(UInt16.init) ?? 5064

  /// Directory with the catalogue.
  var share = Tool.repository
  var serverPort = Tool.serverPort
  /// Where the tool remembers what devices did; the user's own is left alone.
  var store = Tool.sharedStore
  static let sharedStore = NSTemporaryDirectory() + "latgate-tests-\(getpid()).sqlite"
  /// Directory whose `latgate` holds the user's own catalogue files; nil = that of the tests' user.
  var configuration: String?
  /// Searched before the directories of `PATH`; nil = none.
  var programs: String?
  /// Directory whose `latgate` is the cache, with the machines that run; nil = that of the tests' user.
  /// A list of all devices asks each by commands on it, and other tests have devices at the same time.
  var cache: String?

  /// Starts the tool; ``Call/end(within:)`` waits for it.
  func start(_ arguments: [String]) throws -> Call {
    var environment = [
      "LATGATE_SHARE": share, "NO_COLOR": "1", "ANDROID_ADB_SERVER_PORT": "\(serverPort)",
      "LATGATE_STORE": store,
    ]
    if let configuration { environment["XDG_CONFIG_HOME"] = configuration }
    if let cache { environment["XDG_CACHE_HOME"] = cache }
    if let programs {
      environment["PATH"] = "\(programs):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
    }
    return try Call(
      "\(Tool.repository)/.build/debug/latgate", arguments, environment: environment)
  }

  /// Runs the tool to its end.
  func run(_ arguments: String..., within limit: Duration = .seconds(120)) async throws
    -> Call.Result
  {
    try await start(arguments).end(within: limit)
  }

  /// Ends the adb server of ``serverPort``.
  func stopServer() async throws {
    let made = try await Call(
      "/usr/bin/env", ["adb", "-P", "\(serverPort)", "kill-server"], environment: [:]
    ).end(within: .seconds(20))
    try #require(made.exitCode == 0, "\(made.errors)")
  }
}

/// A directory that is gone after the test.
struct TemporaryDirectory: ~Copyable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "latgate-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// Limits of time in these tests are those of a machine that has little else to do. CI's has two lanes of
/// them on two CPUs, and may itself be slow; what a limit says is that a test hangs.
let patience = 3

/// Asks again until `condition` holds.
/// - Returns: false when it still does not hold after several times `limit`.
func eventually(
  within limit: Duration, _ condition: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + limit * patience
  while true {
    if try await condition() { return true }
    if ContinuousClock.now >= deadline { return false }
    try await Task.sleep(for: .milliseconds(50))
  }
}
