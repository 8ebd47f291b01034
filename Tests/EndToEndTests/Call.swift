import Foundation
import Synchronization
import Testing

/// A program that was started.
final class Call: Sendable {
  /// What it left behind.
  struct Result: Sendable {
    /// 128 and the number of the signal that ended it, as a shell has it.
    var exitCode: Int32
    var output: String
    var errors: String
  }

  private let process: Process
  /// Where it runs: what it writes beside itself goes with this value.
  private let directory: TemporaryDirectory
  private let output = Collector()
  private let errors = Collector()

  /// Starts it, with `environment` added to that of the tests.
  init(_ program: String, _ arguments: [String], environment: [String: String]) throws {
    directory = try TemporaryDirectory()
    process = Process()
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output.pipe
    process.standardError = errors.pipe
    try process.run()
    output.begin()
    errors.begin()
  }

  var processID: Int32 { process.processIdentifier }

  /// What it has said on stderr so far.
  var errorsSoFar: String { errors.text }

  /// What it has printed so far.
  var outputSoFar: String { output.text }

  var isRunning: Bool { process.isRunning }

  func signal(_ number: Int32) { kill(processID, number) }

  /// Waits for the program and for the ends of its streams: a child that keeps one of them would
  /// hang every script that reads it.
  ///
  /// A program that takes several times longer is killed, and the test fails.
  func end(within limit: Duration) async throws -> Result {
    let ended = try await eventually(within: limit) { !process.isRunning }
    if !ended {
      signal(SIGKILL)
      Issue.record("\(process.arguments ?? []) did not end in \(limit * patience):\n\(errors.text)")
    }
    let closed = try await eventually(within: .seconds(10)) { output.hasEnded && errors.hasEnded }
    #expect(closed, "a child of \(process.arguments ?? []) keeps stdout or stderr open")
    process.waitUntilExit()
    let status = process.terminationStatus
    return Result(
      exitCode: process.terminationReason == .exit ? status : 128 + status, output: output.text,
      errors: errors.text)
  }

  /// Whether a process that need not be ours runs; one that ended and was not collected does not.
  static func runs(_ processID: Int32) -> Bool {
    guard let line = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
      let bracket = line.lastIndex(of: ")")
    else { return false }
    return !["Z", "X"].contains(line[line.index(after: bracket)...].split(separator: " ").first)
  }

  /// Everything a pipe carries, read on a thread of its own.
  private final class Collector: Sendable {
    let pipe = Pipe()
    private let state = Mutex<(bytes: Data, hasEnded: Bool)>((Data(), false))

    func begin() {
      Thread.detachNewThread { [self] in
        while true {
          let bytes = pipe.fileHandleForReading.availableData
          state.withLock { state in
            state.bytes.append(bytes)
            state.hasEnded = bytes.isEmpty
          }
          if bytes.isEmpty { return }
        }
      }
    }

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
    var hasEnded: Bool { state.withLock(\.hasEnded) }
  }
}
