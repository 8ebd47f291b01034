import Crypto
import Foundation
import HostTools
import KernelTypes

/// A directory tree of Debian packages for any architecture, unpacked and never run.
///
/// Serves as a sysroot for cross builds and as the contents of a virtual device's image.
package struct DebianRoot: Sendable, Hashable {
  /// Short name for people, letters, digits and `-`; part of the directory's name.
  package let name: String
  /// Packages in apt-get's spelling: `name`, `name=version` or `name/suite`.
  package let packages: [String]
  package let architecture: DebianArchitecture
  /// Suites to choose from; the first is the base.
  package let suites: [String]

  package init(
    name: String, packages: [String], architecture: DebianArchitecture, suites: [String]
  ) {
    self.name = name
    self.packages = packages
    self.architecture = architecture
    self.suites = suites
  }

  /// Name of the directory in the cache: the same request always has the same one.
  ///
  /// The mirror is no part of it, as any mirror has the same packages.
  package var key: String {
    let request = [name, architecture.rawValue] + suites + ["--"] + packages.sorted()
    let digest = SHA256.hash(data: Data(request.joined(separator: "\n").utf8))
    return "\(name)-\(digest.prefix(8).hexadecimal)"
  }

  /// Gives the path of the extracted root, from the cache if it is there.
  ///
  /// Several processes may ask for the same root: one builds it, the others wait. A root that is
  /// not there yet takes some 10 s and needs the network.
  ///
  /// - Parameters:
  ///   - name: short name for people; part of the directory's name.
  ///   - packages: packages in apt-get's spelling; their dependencies come along.
  ///   - architecture: the architecture of all packages.
  ///   - suites: suites to choose from, such as `["bookworm", "bookworm-backports"]`.
  ///   - progress: called with one line for people at a time.
  /// - Returns: absolute path of the root; its contents must not be changed.
  /// - Throws: `DebianRootError`; `SystemCallError` where the cache cannot be written.
  package static func extract(
    name: String, packages: [String], architecture: DebianArchitecture, suites: [String],
    progress: @Sendable (String) -> Void = { _ in }
  ) async throws -> String {
    try await DebianRoot(
      name: name, packages: packages, architecture: architecture, suites: suites
    ).extract(progress: progress)
  }

  /// As ``extract(name:packages:architecture:suites:progress:)``.
  package func extract(progress: @Sendable (String) -> Void) async throws -> String {
    try await extract(into: try .ofThisUser(), progress: progress)
  }

  /// Whether the root is extracted already.
  package var isCached: Bool { (try? RootCache.ofThisUser())?.contains(key) == true }

  /// Why the root's packages could not be had now, as apt itself says; nil when they could.
  package func problem() async -> String? {
    do {
      let choice = AptSourceChoice(sources: try await AptConfiguration.ofThisMachine().sources)
      for suite in suites {
        guard let source = choice.source(suite: suite) else {
          return "apt has no source of Debian's suite \(suite)"
        }
        let place =
          "\(source.uri.hasSuffix("/") ? source.uri : source.uri + "/")dists/\(suite)/Release"
        let file = "\(NSTemporaryDirectory())latgate-release-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        // Knows apt's proxies and certificates.
        let made = try await HostTool(name: Self.fetcher, package: "apt")
          .run([
            "-o", "Acquire::http::Timeout=10", "-o", "Acquire::Retries=0",
            "download-file", place, file,
          ])
        guard made.isSuccess else {
          return
            "\(place) cannot be fetched: \(made.log.split(separator: "\n").last ?? "no answer")"
        }
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  private static let fetcher = "/usr/lib/apt/apt-helper"

  func extract(into cache: RootCache, progress: @Sendable (String) -> Void) async throws -> String {
    try check()
    if cache.contains(key) {
      cache.markUsed(key)
      return cache.path(key)
    }
    return try await cache.withLock(key) {
      try await extractLocked(into: cache, progress: progress)
    }
  }

  /// Extracts the root, hands its path to `body` and removes it: for hundreds of megabytes of
  /// which little is needed, and that once. When `body` throws, the root stays for the next try.
  ///
  /// - Parameters:
  ///   - progress: called with one line for people at a time.
  ///   - body: gets the absolute path of the root.
  /// - Returns: what `body` returns.
  /// - Throws: as ``extract(name:packages:architecture:suites:progress:)``, and what `body` throws.
  package func once<T>(
    progress: @Sendable (String) -> Void, _ body: (String) async throws -> T
  ) async throws -> T {
    try await once(in: try .ofThisUser(), progress: progress, body)
  }

  func once<T>(
    in cache: RootCache, progress: @Sendable (String) -> Void,
    _ body: (String) async throws -> T
  ) async throws -> T {
    try check()
    // Locked throughout: another process must neither use what is about to go nor remove it.
    return try await cache.withLock(key) {
      let result = try await body(try await extractLocked(into: cache, progress: progress))
      cache.remove(key)
      return result
    }
  }

  /// Only under the lock of ``key``.
  private func extractLocked(
    into cache: RootCache, progress: @Sendable (String) -> Void
  ) async throws -> String {
    if cache.contains(key) { return cache.path(key) }
    let temporary = try cache.temporary(key)
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    let tree = try await PackageExtraction(root: self, work: temporary).run(progress: progress)
    try cache.publish(tree, as: key)
    return cache.path(key)
  }

  private func check() throws {
    func fail(_ reason: String) -> DebianRootError { .badRequest(root: name, reason: reason) }
    guard !name.isEmpty,
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
    else { throw fail("a name has only ASCII letters, digits and '-'") }
    guard !suites.isEmpty else { throw fail("no suite given") }
    guard !packages.isEmpty else { throw fail("no package given") }
    for word in packages + suites
    where word.isEmpty || word.hasPrefix("-") || word.contains(where: { " ,\n\t".contains($0) }) {
      throw fail("'\(word)' is no package or suite")
    }
  }
}
