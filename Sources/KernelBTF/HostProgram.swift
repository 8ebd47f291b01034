import POSIXSupport
import Subprocess
import SystemPackage

/// A program of the host that makes or cuts BTF, or unpacks files.
struct HostProgram: Sendable {
  let name: String
  /// Debian package to install where it is missing.
  let package: String

  static let bpftool = HostProgram(name: "bpftool", package: "bpftool")
  static let pahole = HostProgram(name: "pahole", package: "dwarves")
  /// Lines of standard error that an error message shows.
  private static let logLines = 15

  /// How a run ended.
  struct Outcome: Sendable {
    var isSuccess: Bool
    var output: String
    /// The end of standard error.
    var log: String
  }

  /// Runs to the end; an exit code other than 0 is a result. Standard output goes to the file
  /// `outputPath`; without one, at most 4 MiB of it are collected.
  /// Throws ``KernelBTFError/missingTool(name:package:)``, or the error of `Subprocess`.
  func run(_ arguments: [String], outputPath: String? = nil) async throws -> Outcome {
    guard let path = ProgramSearch.path(of: name) else {
      throw KernelBTFError.missingTool(name: name, package: package)
    }
    let environment = Environment.inherit.updating(["LC_ALL": "C.UTF-8"])
    if let outputPath {
      let file = try FileDescriptor.open(
        FilePath(outputPath), .writeOnly, options: [.create, .truncate],
        permissions: .ownerReadWrite)
      let result = try await Subprocess.run(
        .path(FilePath(path)), arguments: Arguments(arguments), environment: environment,
        output: .fileDescriptor(file, closeAfterSpawningProcess: true),
        error: .string(limit: 1 << 20))
      return Outcome(
        isSuccess: result.terminationStatus.isSuccess, output: "", log: tail(result.standardError))
    }
    let result = try await Subprocess.run(
      .path(FilePath(path)), arguments: Arguments(arguments), environment: environment,
      output: .string(limit: 4 << 20), error: .string(limit: 1 << 20))
    return Outcome(
      isSuccess: result.terminationStatus.isSuccess, output: result.standardOutput,
      log: tail(result.standardError))
  }

  private func tail(_ log: String) -> String {
    log.split(whereSeparator: \.isNewline).suffix(Self.logLines).joined(separator: "\n")
  }
}
