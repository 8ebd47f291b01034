import Jobs
import Catalogs
import Foundation
import POSIXSupport
import ProbeBuild
import Reporting

/// A command on one device of a pool.
struct PoolJob: Sendable {
  let member: PoolDefinition.Member
  /// For its records and reports.
  let directory: String
  let arguments: [String]
  let command: String
  /// Gets every line that the command says.
  let say: @Sendable (String) -> Void

  /// Time that a command gets to clear up when the pool is interrupted.
  private static let grace: Duration = .seconds(90)

  /// Never fails: what went wrong is in the result.
  func run() async throws -> PoolReport.Device {
    let begun = ContinuousClock.now
    var exitCode: Int32 = ExitStatus.internalError.rawValue
    var detail: String
    do {
      try UserDirectories.makeDirectory(directory, mode: 0o755)
      if Task.isCancelled {
        exitCode = ExitStatus.interrupted.rawValue
        detail = "not begun"
      } else {
        let made = try await execute()
        exitCode = made.exitCode
        try AtomicFile.write(made.errors.utf8, to: "\(directory)/log.txt", durable: false)
        detail = try conclusion(made)
      }
    } catch {
      detail = "\(error)"
    }
    return PoolReport.Device(
      name: member.name, device: member.device, exitCode: exitCode, detail: detail,
      directory: directory, seconds: (ContinuousClock.now - begun) / .seconds(1))
  }

  private typealias Made = (exitCode: Int32, output: [UInt8], errors: String)

  private func execute() async throws -> Made {
    // Its stdin stays open as long as this process lives, and it ends with it.
    let child = try ChildProcess.spawn(
      ShareRoot.runningExecutable, arguments: arguments, connectsInput: true)
    return try await withTaskCancellationHandler {
      // Of its own: a cancelled pool waits for its commands to clear up.
      try await Task {
        async let output = Self.all(child.standardOutput)
        async let errors = lines(child.standardError)
        let status = try await child.waitForExit()
        return (status.shellCode, try await output, try await errors)
      }.value
    } onCancel: {
      child.signalGroup(SIGINT)
      Task {
        try? await Task.sleep(for: Self.grace)
        child.signalGroup(SIGKILL)
      }
    }
  }

  private static func all(_ pipe: AsyncDescriptor) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let next = try await pipe.read()
      if next.isEmpty { return bytes }
      bytes += next
    }
  }

  /// Passes lines on as they come; returns all of them.
  private func lines(_ pipe: AsyncDescriptor) async throws -> String {
    var all: [UInt8] = []
    var begin = 0
    while true {
      let next = try await pipe.read()
      all += next
      while let end = all[begin...].firstIndex(of: UInt8(ascii: "\n")) {
        say(String(decoding: all[begin..<end], as: UTF8.self))
        begin = end + 1
      }
      if next.isEmpty {
        if begin < all.count { say(String(decoding: all[begin...], as: UTF8.self)) }
        return String(decoding: all, as: UTF8.self)
      }
    }
  }

  /// Keeps what the command printed and returns its outcome.
  private func conclusion(_ made: Made) throws -> String {
    if command == "check" {
      let report = try? String(contentsOfFile: "\(directory)/report.txt", encoding: .utf8)
      if let first = report?.split(separator: "\n").first { return String(first) }
    } else if !made.output.isEmpty {
      let suffix = made.output.first == UInt8(ascii: "{") ? "json" : "txt"
      try AtomicFile.write(made.output, to: "\(directory)/report.\(suffix)", durable: false)
    }
    let error = made.errors.split(separator: "\n").last { $0.hasPrefix("error: ") }
    return error.map { String($0.dropFirst("error: ".count)) } ?? ""
  }
}
