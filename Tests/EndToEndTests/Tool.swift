import Foundation
import Testing

/// The built tool, run as a user runs it.
struct Tool {
  /// What a call left behind.
  struct Result {
    var exitCode: Int32
    var output: String
    var errors: String
  }

  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// End-to-end tests need images and a built tool: `ci/test` sets the variable.
  static let isEnabled = ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1"

  var share = Tool.repository

  /// Starts the tool; the caller waits for it.
  func start(_ arguments: [String], output: Pipe, errors: Pipe) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "\(Tool.repository)/.build/debug/latgate")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["LATGATE_SHARE": share, "NO_COLOR": "1"]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return process
  }

  /// Runs the tool to its end.
  func run(_ arguments: String...) async throws -> Result {
    let output = Pipe()
    let errors = Pipe()
    let process = try start(arguments, output: output, errors: errors)
    async let text = read(output)
    async let complaints = read(errors)
    let result = await (text, complaints)
    process.waitUntilExit()
    return Result(exitCode: process.terminationStatus, output: result.0, errors: result.1)
  }

  /// Everything a pipe carries, read on a thread of its own.
  func read(_ pipe: Pipe) async -> String {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        continuation.resume(returning: String(decoding: data, as: UTF8.self))
      }
    }
  }
}

/// A folder that is gone after the test.
struct TemporaryFolder: ~Copyable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "latgate-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
