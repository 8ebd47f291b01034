import Foundation
import POSIXSupport

/// The real agent with an engine that needs no BPF, built once for all tests of a process. Its
/// sessions may be side by side.
package struct TestAgent: Sendable {
  package let path: String

  /// The compiler failed, with what it said.
  private struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// nil without a C compiler.
  package static let compiler: String? = {
    let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let candidates = ["clang", "cc", "gcc"].flatMap { name in directories.map { "\($0)/\(name)" } }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  private static let directory = FileManager.default.temporaryDirectory
    .appending(path: "latgate-test-agent-\(UUID().uuidString)").path

  package static let shared = Task<TestAgent, any Error> {
    try UserDirectories.makeDirectory(directory)
    atexit { try? FileManager.default.removeItem(atPath: TestAgent.directory) }
    let path = directory + "/latgate-agent"
    let device = "\(root)/Sources/Device"
    // Directories of the agent's own parts; the engine is the fake one.
    let parts =
      (FileManager.default.enumerator(atPath: "\(device)/latgate-agent")?
      .compactMap { $0 as? String } ?? [])
      .filter { !$0.contains(".") && $0 != "engine" }.map { "latgate-agent/\($0)" }
    let sources = (["AgentCore", "TraceFold", "latgate-agent"] + parts).map { "\(device)/\($0)" }
      .flatMap { directory in
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
          .filter { $0.hasSuffix(".c") && $0 != "presence.c" }.map { "\(directory)/\($0)" }
      }
    let includes =
      (["AgentCore/include", "TraceFold/include", "CAgentABI/include"]
      + ["latgate-agent", "latgate-agent/engine"] + parts).map { "-I\(device)/\($0)" }
    let child = try ChildProcess.spawn(
      compiler ?? "cc",
      arguments: ["-O0", "-pthread", "-o", path] + includes + sources
        + ["fake_engine.c", "fake_presence.c"].map { "\(root)/Tests/agent/\($0)" })
    let status = try await child.waitForExit(deadline: .now + .seconds(300))
    let words = try child.standardError.readNow() ?? []
    guard status == .exited(0) else {
      throw Failure(description: String(decoding: words, as: UTF8.self))
    }
    return TestAgent(path: path)
  }
}
