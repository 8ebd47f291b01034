import Foundation
import Subprocess

/// Runs the toolchain's programs.
struct Compiler: Sendable {
  /// Lines of a compiler's messages that an error shows.
  private static let logLines = 60
  /// Bytes kept of a program's output and of its messages.
  private static let outputLimit = 4 << 20

  let toolchain: Toolchain
  let environment: [String: String]

  /// Variables that would change what is compiled without being part of the cache's key.
  private static let ignoredVariables = [
    "CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "CCC_OVERRIDE_OPTIONS",
    "SOURCE_DATE_EPOCH", "GCC_EXEC_PREFIX",
  ]

  /// Compiles, or throws what clang said.
  ///
  /// - Parameters:
  ///   - arguments: what clang gets beside the flags that every call has.
  ///   - what: what is built, for people: the probe's path or the agent's name.
  ///   - isProbe: a failure is the fault of a probe's source.
  /// - Returns: standard output.
  /// - Throws: `ProbeBuildError.compilationFailed`.
  @discardableResult
  func compile(_ arguments: [String], what: String, isProbe: Bool) async throws -> String {
    let common = [
      "--no-default-config", "-fno-color-diagnostics", "-ferror-limit=20",
      "-fmacro-backtrace-limit=4",
    ]
    let result = try await run(toolchain.compiler, common + arguments)
    if let output = result.output { return output }
    throw ProbeBuildError.compilationFailed(
      what: what, isProbe: isProbe, log: Self.tail(result.messages))
  }

  /// Removes DWARF; `.BTF` and `.BTF.ext` stay.
  func stripDebugInformation(_ object: String) async throws {
    let tool = try toolchain.companion("llvm-objcopy", environment: environment)
    let result = try await run(tool, ["--strip-debug", object])
    guard result.output != nil else {
      throw ProbeBuildError.badObject(what: object, reason: Self.tail(result.messages))
    }
  }

  /// Fails unless clang has the BPF target.
  func requireBPF() async throws {
    let result = try await run(toolchain.compiler, ["--print-targets"])
    let targets = (result.output ?? "").split(whereSeparator: \.isNewline)
      .compactMap { $0.split(separator: " ").first }
    guard targets.contains("bpf") else {
      throw ProbeBuildError.compilerLacksTarget(compiler: toolchain.compiler, target: "bpf")
    }
  }

  /// Output is nil when the program failed.
  private func run(
    _ program: String, _ arguments: [String]
  ) async throws -> (output: String?, messages: String) {
    var changes: [Environment.Key: String?] = ["LC_ALL": "C.UTF-8"]
    for name in Self.ignoredVariables { changes[Environment.Key(stringLiteral: name)] = .some(nil) }
    let result = try await Subprocess.run(
      .path(.init(program)), arguments: Arguments(arguments),
      environment: .inherit.updating(changes), output: .string(limit: Self.outputLimit),
      error: .string(limit: Self.outputLimit))
    return (
      result.terminationStatus.isSuccess ? result.standardOutput : nil, result.standardError
    )
  }

  private static func tail(_ log: String) -> String {
    let lines = log.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    if lines.count <= logLines { return log.trimmingCharacters(in: .newlines) }
    let left = lines.count - logLines
    return lines.prefix(logLines).joined(separator: "\n") + "\n… \(left) more lines"
  }
}
