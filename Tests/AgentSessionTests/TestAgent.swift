import Foundation
import POSIXSupport
import Testing

/// The real agent with an engine that needs no BPF, built once for all tests.
struct TestAgent: Sendable {
  let path: String

  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// nil without a C compiler.
  static let compiler: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let candidates = ["clang", "cc", "gcc"].flatMap { name in folders.map { "\($0)/\(name)" } }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  private static let folder = FileManager.default.temporaryDirectory
    .appending(path: "latgate-test-agent-\(UUID().uuidString)").path

  static let shared = Task<TestAgent, any Error> {
    try UserFolders.makeFolder(folder)
    atexit { try? FileManager.default.removeItem(atPath: TestAgent.folder) }
    let path = folder + "/latgate-agent"
    let device = "\(root)/Sources/Device"
    // Folders of the agent's own parts; the engine is the fake one.
    let parts =
      (FileManager.default.enumerator(atPath: "\(device)/latgate-agent")?
      .compactMap { $0 as? String } ?? [])
      .filter { !$0.contains(".") && $0 != "engine" }.map { "latgate-agent/\($0)" }
    let sources = (["AgentCore", "TraceFold", "latgate-agent"] + parts).map { "\(device)/\($0)" }
      .flatMap { folder in
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
          .filter { $0.hasSuffix(".c") }.map { "\(folder)/\($0)" }
      }
    let includes =
      (["AgentCore/include", "TraceFold/include", "CAgentABI/include"]
      + ["latgate-agent", "latgate-agent/engine"] + parts).map { "-I\(device)/\($0)" }
    let child = try ChildProcess.spawn(
      try #require(compiler),
      arguments: ["-O0", "-pthread", "-o", path] + includes + sources
        + ["\(root)/Tests/agent/fake_engine.c"])
    let status = try await child.waitForExit(deadline: .now + .seconds(300))
    let words = try child.standardError.readNow() ?? []
    try #require(status == .exited(0), "\(String(decoding: words, as: UTF8.self))")
    return TestAgent(path: path)
  }
}
