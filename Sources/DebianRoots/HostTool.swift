import Subprocess

/// A program of the host, with the Debian package to install where it is missing.
struct HostTool: Sendable {
  let name: String
  let package: String

  /// Standard output of a run whose exit status does not matter, at most 1 MiB.
  ///
  /// - Throws: `DebianRootError.missingTool`, or the error of `Subprocess`.
  func output(_ arguments: [String]) async throws -> String {
    try await reportingAbsence {
      let result = try await Subprocess.run(
        .name(name), arguments: Arguments(arguments), output: .string(limit: 1 << 20))
      return result.standardOutput
    }
  }

  /// Runs to the end and hands every line of standard error to `line`.
  func run(_ arguments: [String], line: (String) -> Void) async throws -> TerminationStatus {
    try await reportingAbsence {
      let result = try await Subprocess.run(
        .name(name), arguments: Arguments(arguments),
        environment: .inherit.updating(["LC_ALL": "C.UTF-8"]),
        input: .none, output: .discarded, error: .sequence
      ) { execution in
        for try await text in execution.standardError.strings() {
          line(text)
        }
      }
      return result.terminationStatus
    }
  }

  private func reportingAbsence<T>(_ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw DebianRootError.missingTool(name: name, package: package)
    }
  }
}
