import Foundation
import Testing

/// A share directory with what was built for it, a program at work, and an environment without
/// clang.
struct MeasureBench: ~Copyable {
  #if arch(arm64)
    static let abi = "arm64"
  #else
    static let abi = "x86_64"
  #endif

  let directory: TemporaryDirectory
  let share: TestShare
  let load: Call

  var path: String { directory.path }

  init() async throws {
    let directory = try TemporaryDirectory()
    let share = try TestShare()
    let built = try await Tool(share: share.path).run(
      "build", "--abi", MeasureBench.abi, "--ship", within: .seconds(400))
    try #require(built.exitCode == 0, "\(built.errors)")
    let line = built.output.split(separator: "\n").first { $0.contains(": load helper ") }
    let helper = try #require(line?.split(separator: " ").last).description
    try FileManager.default.copyItem(atPath: helper, toPath: "\(directory.path)/lg-asking")
    try FileManager.default.createDirectory(
      atPath: "\(directory.path)/cache", withIntermediateDirectories: true)
    self.load = try Call(
      "\(directory.path)/lg-asking", ["syscall", "--ops", "1000000000"], environment: [:])
    self.directory = directory
    self.share = share
  }

  /// Not every machine has tracefs mounted: this one's is private.
  func latgate(_ arguments: String...) async throws -> Call.Result { try await latgate(arguments) }

  func latgate(_ arguments: [String]) async throws -> Call.Result {
    let mount = "mount -t tracefs nodev /sys/kernel/tracing 2> /dev/null; exec \"$@\""
    return try await Call(
      "/usr/bin/unshare",
      ["-m", "sh", "-c", mount, "-", "\(Tool.repository)/.build/debug/latgate"] + arguments,
      environment: [
        "LATGATE_SHARE": share.path, "NO_COLOR": "1", "LATGATE_STORE": "\(path)/store",
        "LATGATE_CLANG": "\(path)/no-clang", "XDG_CACHE_HOME": "\(path)/cache",
        "XDG_CONFIG_HOME": "\(path)/config",
      ]
    ).end(within: .seconds(120))
  }
}
