import Foundation
import POSIXSupport

/// The directory with the files needed at run time: `bpf/`, `targets/` and the agent's C sources.
package struct ShareRoot: Sendable, Equatable {
  /// Absolute path without a trailing slash.
  package let path: String

  /// Directories that make a directory the share root.
  static let marks = ["bpf", "targets"]

  /// Takes a directory as it is; `find` checks it first.
  package init(path: String) {
    self.path = path
  }

  /// Looks for the share root.
  ///
  /// The order is `--share`, `LATGATE_SHARE`, `<executable>/../share/latgate`, then the directories
  /// above the executable. A place that the user named must be right: there is no falling back.
  ///
  /// - Parameters:
  ///   - option: value of `--share`, if given.
  ///   - environment: the process's environment.
  ///   - executable: path of the running program.
  /// - Returns: the first place that has all marks.
  /// - Throws: `ProbeBuildError.shareNotFound` with every place that was tried.
  package static func find(
    option: String? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    executable: String = ShareRoot.runningExecutable
  ) throws -> ShareRoot {
    for named in [option, environment["LATGATE_SHARE"]] {
      guard let named, !named.isEmpty else { continue }
      let path = URL(fileURLWithPath: named).standardizedFileURL.path
      guard isShare(path) else { throw ProbeBuildError.shareNotFound(tried: [path]) }
      return ShareRoot(path: path)
    }
    var tried: [String] = []
    var directory = URL(fileURLWithPath: executable).resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let installed = directory.deletingLastPathComponent().appendingPathComponent("share/latgate")
      .path
    if isShare(installed) { return ShareRoot(path: installed) }
    tried.append(installed)
    while directory.path != "/" {
      if isShare(directory.path) { return ShareRoot(path: directory.path) }
      tried.append(directory.path)
      directory.deleteLastPathComponent()
    }
    throw ProbeBuildError.shareNotFound(tried: tried)
  }

  /// Path of the running program as the kernel knows it.
  package static var runningExecutable: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments.first ?? "latgate"
  }

  private static func isShare(_ path: String) -> Bool {
    marks.allSatisfy { PathKind.isDirectory("\(path)/\($0)") }
  }

  /// What was built for these very sources before they were installed, so that a host without a
  /// compiler or a network can measure; empty in a clone.
  package var shipped: BuildCache { BuildCache(directory: "\(path)/built") }
}
