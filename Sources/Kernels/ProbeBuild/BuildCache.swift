import Crypto
import Foundation
import KernelTypes
import POSIXSupport

/// Built files by the hash of all their inputs.
///
/// Each file has a seal beside it with its size and hash. A file whose seal is missing or does not
/// fit, as after a crash or on a bad disk, counts as absent and is built again. The seal's
/// modification time says when the file was used last.
package struct BuildCache: Sendable {
  /// Where the files are.
  package let directory: String

  /// Work directories this old belong to processes that died.
  private static let staleWork: TimeInterval = 24 * 60 * 60

  /// - Parameter directory: made when something is first put there.
  package init(directory: String) {
    self.directory = directory
  }

  /// The cache of the user who runs the tool.
  /// - Throws: `SystemCallError` where their cache directory cannot be made.
  package static func ofUser() throws -> BuildCache {
    BuildCache(directory: try UserDirectories.cache() + "/build")
  }

  /// The file of that name, if it is there and whole.
  package func find(_ name: String) -> BuildArtifact? {
    let path = "\(directory)/\(name)"
    guard let seal = FileManager.default.contents(atPath: Self.seal(of: path)),
      let data = FileManager.default.contents(atPath: path)
    else { return nil }
    let artifact = BuildArtifact(
      path: path, hash: SHA256.hash(data: data).hexadecimal, size: data.count)
    guard seal == Self.sealBytes(artifact) else { return nil }
    UserDirectories.markUsed(Self.seal(of: path))
    return artifact
  }

  /// Moves a finished file into the cache.
  ///
  /// Two processes that build the same thing both publish; the last one wins with equal bytes.
  ///
  /// - Parameters:
  ///   - built: a file in a directory of `withWorkDirectory`.
  ///   - name: its name in the cache, with the hash of its inputs.
  /// - Returns: where the file is now.
  /// - Throws: `ProbeBuildError.file`, `SystemCallError`.
  package func publish(_ built: String, as name: String) throws -> BuildArtifact {
    let path = "\(directory)/\(name)"
    guard let data = FileManager.default.contents(atPath: built) else {
      throw ProbeBuildError.file(path: built, reason: "was not written by the build")
    }
    let artifact = BuildArtifact(
      path: path, hash: SHA256.hash(data: data).hexadecimal, size: data.count)
    try systemCall("rename", on: path) { rename(built, path) }
    try AtomicFile.write(Self.sealBytes(artifact), to: Self.seal(of: path), durable: false)
    return artifact
  }

  /// Puts a copy of a file of another cache here.
  func copy(_ artifact: BuildArtifact, as name: String) throws {
    guard let data = FileManager.default.contents(atPath: artifact.path) else {
      throw ProbeBuildError.file(path: artifact.path, reason: "cannot be read")
    }
    try UserDirectories.makeDirectory(directory, mode: 0o755)
    let path = "\(directory)/\(name)"
    // Programs are started from where they are.
    try AtomicFile.write(data, to: path, mode: 0o755, durable: false)
    try AtomicFile.write(
      Self.sealBytes(
        BuildArtifact(path: path, hash: artifact.hash, size: artifact.size)),
      to: Self.seal(of: path), durable: false)
  }

  /// Gives `body` an empty directory on the cache's file system and removes it afterwards.
  package func withWorkDirectory<T>(_ body: (String) async throws -> T) async throws -> T {
    let all = "\(directory)/work"
    let path = "\(all)/\(UUID().uuidString)"
    try UserDirectories.makeDirectory(path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    removeStaleWork(in: all)
    return try await body(path)
  }

  private func removeStaleWork(in directory: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    let limit = Int(Date().timeIntervalSince1970 - Self.staleWork)
    for name in names {
      guard let stamp = FileStamp(path: "\(directory)/\(name)"), stamp.seconds < limit else {
        continue
      }
      try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    }
  }

  private static func seal(of path: String) -> String { path + ".seal" }

  private static func sealBytes(_ artifact: BuildArtifact) -> Data {
    Data("\(artifact.hash) \(artifact.size)\n".utf8)
  }
}
