import Foundation
import Testing

/// perfetto's own definitions, where its Python package is there (`LATGATE_PERFETTO_PYTHON` names the
/// interpreter).
enum PerfettoPython {
  /// Whether the package can be imported; what needs it is skipped, and says so, where not.
  static let isThere = (try? output(of: "import perfetto.protos.perfetto.trace")) != nil
  static let absence: Comment = "perfetto's Python package is not installed"

  /// What a script writes; nil where it cannot be run.
  static func output(of script: String) throws -> String? {
    let python = ProcessInfo.processInfo.environment["LATGATE_PERFETTO_PYTHON"] ?? "python3"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", script]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text : nil
  }
}
