import Foundation

/// Finds programs of the host.
package enum ProgramSearch {
  /// System folders that an ordinary user's search path often lacks.
  private static let systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"]

  /// Absolute path of a program in `PATH` or a system folder; nil where it is not installed. An absolute
  /// path is looked for as it is.
  package static func path(
    of name: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    guard !name.hasPrefix("/") else {
      return FileManager.default.isExecutableFile(atPath: name) ? name : nil
    }
    let folders = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init)
    return (folders + systemFolders).map { "\($0)/\(name)" }.first { path in
      path.hasPrefix("/") && FileManager.default.isExecutableFile(atPath: path)
    }
  }
}
