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
    guard !name.hasPrefix("/") else {
      return FileManager.default.isExecutableFile(atPath: name) ? name : nil
    }
    let directories = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(
      String.init)
    return (directories + systemDirectories).map { "\($0)/\(name)" }.first { path in
      path.hasPrefix("/") && FileManager.default.isExecutableFile(atPath: path)
    }
  }
}
