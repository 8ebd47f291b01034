import Glibc
import POSIXSupport
import Subprocess
import SystemPackage

/// A program of this machine, with the Debian package to install where it is missing.
package struct HostTool: Sendable, Equatable {
  package let name: String
  private let package: String

  package init(name: String, package: String) {
    self.name = name
    self.package = package
  }

  package static let xz = HostTool(name: "xz", package: "xz-utils")
  package static let zstd = HostTool(name: "zstd", package: "zstd")
  private static let prlimit = HostTool(name: "prlimit", package: "util-linux")

  /// How a run ended.
  package struct Outcome: Sendable {
    package var isSuccess: Bool
    /// Whether it was ended because its output grew beyond the limit.
    package var isOverLimit: Bool
    /// Exit code or signal, for people.
    package var status: String
    package var output: [UInt8]
    /// The end of standard error.
    package var log: String
  }

  /// Bytes of standard output that are collected.
  private static let outputLimit = 64 << 20
  /// Bytes of standard error that are collected, and the lines of it that an outcome has.
  private static let logLimit = 1 << 20
  private static let logLines = 15

  private var environment: Environment { .inherit.updating(["LC_ALL": "C.UTF-8"]) }

  /// Runs to the end, without input; an exit code other than 0 is a result.
  ///
  /// It runs in `directory`, nil = this process's. Standard output goes to the file `outputPath`,
  /// of which it writes at most `outputLimit` bytes, nil = any number; without a path at most 64
  /// MiB are collected. The kernel ends it after `cpuLimit` seconds of CPU time, nil = any.
  /// - Throws: ``HostToolError/missing(name:package:)``, ``HostToolError/tooLong(name:seconds:)``,
  ///   ``HostToolError/tooMuchOutput(name:limit:)`` for what is collected, or another error of
  ///   `Subprocess`.
  package func run(
    _ arguments: [String], in directory: String? = nil, outputPath: String? = nil,
    outputLimit: Int? = nil, cpuLimit: Int? = nil
  ) async throws -> Outcome {
    var (executable, arguments) = (try executable(), arguments)
    // The kernel holds it to these, whatever the program does.
    let limits = [
      outputLimit.map { "--fsize=\($0):\($0)" }, cpuLimit.map { "--cpu=\($0):\($0 + 1)" },
    ].compactMap(\.self)
    if !limits.isEmpty {
      // No core is left of it.
      arguments = ["--core=0:0"] + limits + [try path()] + arguments
      executable = try Self.prlimit.executable()
    }
    let directory = directory.map { FilePath($0) }
    guard let outputPath else {
      do {
        let result = try await Subprocess.run(
          executable, arguments: Arguments(arguments), environment: environment,
          workingDirectory: directory, input: .none, output: .bytes(limit: Self.outputLimit),
          error: .string(limit: Self.logLimit))
        if let cpuLimit, result.terminationStatus == .signaled(SIGXCPU) {
          throw HostToolError.tooLong(name: name, seconds: cpuLimit)
        }
        return outcome(result.terminationStatus, result.standardOutput, result.standardError)
      } catch let error as SubprocessError where error.code == .outputLimitExceeded {
        throw HostToolError.tooMuchOutput(name: name, limit: Self.outputLimit)
      }
    }
    let file = try FileDescriptor.open(
      FilePath(outputPath), .writeOnly, options: [.create, .truncate],
      permissions: .ownerReadWrite)
    let result = try await Subprocess.run(
      executable, arguments: Arguments(arguments), environment: environment,
      workingDirectory: directory, input: .none,
      output: .fileDescriptor(file, closeAfterSpawningProcess: true),
      error: .string(limit: Self.logLimit))
    return outcome(result.terminationStatus, [], result.standardError)
  }

  /// Runs to the end and returns standard output.
  /// - Throws: as ``run(_:in:outputPath:)``, and ``HostToolError/failed(name:status:log:)``.
  @discardableResult
  package func output(_ arguments: [String], cpuLimit: Int? = nil) async throws -> [UInt8] {
    let outcome = try await run(arguments, cpuLimit: cpuLimit)
    guard outcome.isSuccess else {
      throw HostToolError.failed(name: name, status: outcome.status, log: outcome.log)
    }
    return outcome.output
  }

  /// Runs to the end and hands every line of standard error to `line`; standard output is dropped.
  /// - Returns: an outcome without output and log.
  /// - Throws: as ``run(_:in:outputPath:)``.
  package func follow(_ arguments: [String], line: (String) -> Void) async throws -> Outcome {
    let result = try await Subprocess.run(
      try executable(), arguments: Arguments(arguments), environment: environment, input: .none,
      output: .discarded, error: .sequence
    ) { execution in
      for try await text in execution.standardError.strings() { line(text) }
    }
    return outcome(result.terminationStatus, [], "")
  }

  /// - Throws: ``HostToolError/missing(name:package:)``.
  package func requirePresence() throws(HostToolError) { _ = try executable() }

  private func executable() throws(HostToolError) -> Executable { .path(FilePath(try path())) }

  private func path() throws(HostToolError) -> String {
    if let path = ProgramSearch.path(of: name) { return path }
    throw .missing(name: name, package: package)
  }

  private func outcome(
    _ status: TerminationStatus, _ output: [UInt8], _ errors: String
  ) -> Outcome {
    Outcome(
      isSuccess: status.isSuccess, isOverLimit: status == .signaled(SIGXFSZ),
      status: "\(status)", output: output,
      log: errors.split(whereSeparator: \.isNewline).suffix(Self.logLines)
        .joined(separator: "\n"))
  }
}

/// Why a program of this machine did not do its work.
package enum HostToolError: Error, Sendable, Equatable, CustomStringConvertible {
  /// `package` is the Debian package that has it.
  case missing(name: String, package: String)
  case failed(name: String, status: String, log: String)
  /// More than so many bytes on standard output.
  case tooMuchOutput(name: String, limit: Int)
  /// More than so many seconds of CPU time.
  case tooLong(name: String, seconds: Int)

  package var description: String {
    switch self {
    case .missing(let name, let package):
      "\(name) is not installed on this machine; install the Debian package '\(package)'"
    case .failed(let name, let status, let log):
      "\(name) ended with \(status); its last lines:\n\(log)"
    case .tooMuchOutput(let name, let limit):
      "\(name) wrote more than \(limit >> 20) MiB"
    case .tooLong(let name, let seconds):
      "\(name) was ended after \(seconds) s of CPU time"
    }
  }
}
