import Foundation
import Testing

@testable import DebianRoots

@Suite struct DebianRootTests {
  static let networked = ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1"

  private func root(_ name: String, _ packages: [String], _ suites: [String]) -> DebianRoot {
    DebianRoot(name: name, packages: packages, architecture: .arm64, suites: suites)
  }

  /// Runs `body` with an empty cache directory that is removed afterwards.
  private func withCache(_ body: (RootCache) async throws -> Void) async throws {
    let directory = NSTemporaryDirectory() + "roots-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(RootCache(directory: directory))
  }

  @Test func keyDependsOnTheRequestAlone() {
    let base = root("sys", ["b", "a"], ["bookworm"])
    #expect(base.key == root("sys", ["a", "b"], ["bookworm"]).key)
    #expect(base.key != root("sys", ["a", "b"], ["trixie"]).key)
    #expect(base.key != root("sys", ["a", "b", "bookworm"], []).key)
    #expect(base.key.hasPrefix("sys-"))
    #expect(base.key.count == "sys-".count + 16)
  }

  @Test(arguments: [
    ("../up", ["a"], ["bookworm"]), ("sys", [], ["bookworm"]), ("sys", ["a"], []),
    ("sys", ["a,b"], ["bookworm"]), ("sys", ["a"], ["--help"]),
  ])
  func refusesBadRequests(name: String, packages: [String], suites: [String]) async throws {
    try await withCache { cache in
      await #expect(throws: DebianRootError.self) {
        try await root(name, packages, suites).extract(into: cache) { _ in }
      }
      #expect(!FileManager.default.fileExists(atPath: cache.directory))
    }
  }

  @Test func takesACompleteRootFromTheCache() async throws {
    try await withCache { cache in
      let wanted = root("sys", ["no-such-package"], ["bookworm"])
      try FileManager.default.createDirectory(
        atPath: cache.path(wanted.key), withIntermediateDirectories: true)
      let path = try await wanted.extract(into: cache) { _ in Issue.record("nothing to do") }
      #expect(path == "\(cache.directory)/\(wanted.key)")
    }
  }

  @Test func aRootForOneUseIsGoneAfterIt() async throws {
    try await withCache { cache in
      let wanted = root("sys", ["no-such-package"], ["bookworm"])
      let path = cache.path(wanted.key)
      try FileManager.default.createDirectory(
        atPath: "\(path)/etc", withIntermediateDirectories: true)
      struct Failure: Error {}
      await #expect(throws: Failure.self) {
        try await wanted.once(in: cache, progress: { _ in }) { _ in throw Failure() }
      }
      #expect(cache.contains(wanted.key))
      let used = try await wanted.once(in: cache, progress: { _ in }) { path in
        #expect(FileManager.default.fileExists(atPath: "\(path)/etc"))
        return path
      }
      #expect(used == path)
      #expect(try FileManager.default.contentsOfDirectory(atPath: cache.directory).count == 1)
    }
  }

  @Test func removesLeftoversOfDeadBuilds() throws {
    let directory = NSTemporaryDirectory() + "roots-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let cache = RootCache(directory: directory)
    for name in [".k.part1/tree/etc", ".other.part1"] {
      try FileManager.default.createDirectory(
        atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
    }
    let path = try cache.temporary("k")
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    #expect(names.sorted() == [".k.part\(getpid())", ".other.part1"])
    let contents = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(contents.isEmpty)
  }

  @Test(.enabled(if: networked, "set LATGATE_E2E=1: needs mmdebstrap and a Debian mirror"))
  func extractsOnceForAllWhoAsk() async throws {
    try await withCache { cache in
      let wanted = root("tiny", ["zlib1g-dev"], ["bookworm"])
      let paths = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<3 {
          group.addTask { try await wanted.extract(into: cache) { _ in } }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(paths == Array(repeating: cache.path(wanted.key), count: 3))
      let library = try #require(
        FileManager.default.contents(
          atPath: paths[0] + "/usr/lib/\(wanted.architecture.multiarch)/libz.a"))
      #expect(library.starts(with: Data("!<arch>\n".utf8)))
      let names = try FileManager.default.contentsOfDirectory(atPath: cache.directory)
      #expect(names.sorted() == [".\(wanted.key).lock", wanted.key])
    }
  }

  @Test(.enabled(if: networked, "set LATGATE_E2E=1: needs mmdebstrap and a Debian mirror"))
  func namesThePackageThatDoesNotExist() async throws {
    try await withCache { cache in
      let wanted = root("bad", ["no-such-package-xyz"], ["bookworm"])
      let error = await #expect(throws: DebianRootError.self) {
        try await wanted.extract(into: cache) { _ in }
      }
      #expect(error?.description.contains("no-such-package-xyz") == true)
      let names = try FileManager.default.contentsOfDirectory(atPath: cache.directory)
      #expect(names == [".\(wanted.key).lock"])
    }
  }
}
