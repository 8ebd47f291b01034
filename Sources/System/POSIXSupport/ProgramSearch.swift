import Foundation

/// Finds programs of the host.
package enum ProgramSearch {
  /// System directories that an ordinary user's search path often lacks.
  private static let systemDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin"]

  /// Absolute path of a program in `PATH` or a system directory; nil where it is not installed. An
  /// absolute path is looked for as it is.
  package static func path(
    of name: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    guard !name.hasPrefix("/") else { return isProgram(name) ? name : nil }
    let directories = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(
      String.init)
    return (directories + systemDirectories).map { "\($0)/\(name)" }.first { path in
      path.hasPrefix("/") && isProgram(path)
    }
  }

  /// A directory is executable, too; execvp(3) passes over it.
  private static func isProgram(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: path) && !PathKind.isDirectory(path)
  }
}
