import Foundation
import Glibc

/// Directories that belong to the user who runs the tool.
package enum UserDirectories {
  /// The tool's cache: `$XDG_CACHE_HOME/latgate`, else `$HOME/.cache/latgate`.
  ///
  /// A relative `XDG_CACHE_HOME` is ignored, as the XDG base directory
  /// specification demands. Nothing is created.
  /// - Returns: nil when neither variable holds an absolute path.
  package static func cachePath(environment: [String: String]) -> String? {
    if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") { return base + "/latgate" }
    if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.cache/latgate" }
    return nil
  }

  /// What must outlive the cache: `$XDG_STATE_HOME/latgate`, else `$HOME/.local/state/latgate`.
  ///
  /// A relative `XDG_STATE_HOME` is ignored. Nothing is created.
  /// - Returns: nil when neither variable holds an absolute path.
  package static func statePath(environment: [String: String]) -> String? {
    if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") { return base + "/latgate" }
    if let home = environment["HOME"], home.hasPrefix("/") {
      return home + "/.local/state/latgate"
    }
    return nil
  }

  /// What the user wrote: `$XDG_CONFIG_HOME/latgate`, else `$HOME/.config/latgate`.
  ///
  /// A relative `XDG_CONFIG_HOME` is ignored. Nothing is created.
  /// - Returns: nil when neither variable holds an absolute path.
  package static func configPath(environment: [String: String]) -> String? {
    if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") { return base + "/latgate" }
    if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.config/latgate" }
    return nil
  }

  /// The cache directory of the running process, made if missing (mode 0700).
  /// - Throws: ``SystemCallError``: the directory cannot be made; ``MissingHomeError``.
  package static func cache() throws -> String {
    guard let path = cachePath(environment: ProcessInfo.processInfo.environment) else {
      throw MissingHomeError(purpose: "the cache", variable: "XDG_CACHE_HOME")
    }
    try makeDirectory(path)
    return path
  }

  /// Notes that something in the cache is used now: its modification time says when it was used
  /// last. One that belongs to another user, or cannot be written to, stays as it is.
  package static func markUsed(_ path: String) {
    _ = utimensat(AT_FDCWD, path, nil, 0)
  }

  /// Makes a directory and its parents.
  /// - Throws: ``SystemCallError`` with the path that could not be made.
  package static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(SystemCallError) {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += (prefix.isEmpty || prefix.hasSuffix("/") ? "" : "/") + part
      while try !isMade(prefix, mode) {}
    }
  }

  /// - Returns: false when it was there, and another process has removed it since.
  private static func isMade(_ path: String, _ mode: UInt32) throws(SystemCallError) -> Bool {
    do {
      try systemCall("mkdir", on: path) { mkdir(path, mode_t(mode)) }
      return true
    } catch {
      var status = stat()
      // EROFS and EACCES also come for parents that exist: what counts is the result.
      if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return true }
      // A link to nowhere is there still.
      if error.code == EEXIST, lstat(path, &status) != 0, errno == ENOENT { return false }
      throw error
    }
  }
}

/// The environment names no directory of the user's: it is for the user to set, not a fault of the
/// tool.
package struct MissingHomeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the directory is for.
  package var purpose: String
  /// The variable that would do in place of `HOME`.
  package var variable: String

  package init(purpose: String, variable: String) {
    self.purpose = purpose
    self.variable = variable
  }

  package var description: String {
    "there is no directory for \(purpose): set HOME or \(variable) to an absolute path"
  }
}
