import Foundation
import Glibc
import Testing

@testable import POSIXSupport

@Suite struct FileTests {
  /// Runs a test in a directory of its own.
  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try UserDirectories.makeDirectory(directory + "/a/b")
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory)
  }

  private func isFree(_ path: String) throws -> Bool {
    switch try FileLock.tryAcquire(path) {
    case .some: true
    case .none: false
    }
  }

  @Test func replacesAFileAndLeavesNothingElse() async throws {
    try await inDirectory { directory in
      let path = directory + "/a/file"
      try AtomicFile.write(Array("one".utf8), to: path)
      try AtomicFile.write(Array("two".utf8), to: path, mode: 0o755)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
      var status = stat()
      #expect(stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o755)
      try AtomicFile.copy(path, to: directory + "/a/copy", mode: 0o600)
      #expect(try String(contentsOfFile: directory + "/a/copy", encoding: .utf8) == "two")
      let names = try FileManager.default.contentsOfDirectory(atPath: directory + "/a")
      #expect(names.sorted() == ["b", "copy", "file"])
    }
  }

  @Test func aFailedReplacementLeavesTheOldFile() async throws {
    struct Refusal: Error {}
    try await inDirectory { directory in
      let path = directory + "/file"
      try AtomicFile.write(Array("old".utf8), to: path)
      #expect(throws: Refusal.self) {
        try AtomicFile.replace(path, mode: 0o600, durable: false) { descriptor in
          try descriptor.writeAll(Array("half".utf8), subject: path)
          throw Refusal()
        }
      }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
      let names = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(names.sorted() == ["a", "file"])
    }
  }

  @Test func aFileIsMadeOnceAndNeverReplaced() async throws {
    try await inDirectory { directory in
      let path = directory + "/a/key"
      let made = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in UInt8(0)..<8 {
          group.addTask {
            do {
              try AtomicFile.create([UInt8](repeating: number, count: 9), at: path, mode: 0o600)
              return true
            } catch let error as SystemCallError {
              #expect(error == SystemCallError(call: "link", code: EEXIST, subject: path))
              return false
            }
          }
        }
        var made = 0
        for try await isMade in group where isMade { made += 1 }
        return made
      }
      #expect(made == 1)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(bytes.count == 9 && Set(bytes).count == 1)
      let names = try FileManager.default.contentsOfDirectory(atPath: directory + "/a")
      #expect(names.sorted() == ["b", "key"])
    }
  }

  @Test func aFailureNamesTheFileThatWasAskedFor() async throws {
    try await inDirectory { directory in
      let path = "\(directory)/none/file"
      #expect(throws: SystemCallError(call: "open", code: ENOENT, subject: path)) {
        try AtomicFile.write(Array("x".utf8), to: path)
      }
      #expect(throws: SystemCallError(call: "rename", code: EISDIR, subject: "\(directory)/a")) {
        try AtomicFile.write(Array("x".utf8), to: "\(directory)/a")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(names == ["a"])
    }
  }

  @Test func aLockIsHeldOnceAndFreedWithItsValue() async throws {
    try await inDirectory { directory in
      let path = directory + "/lock"
      do {
        let held = try await FileLock.acquire(path, timeout: .zero)
        #expect(try !isFree(path))
        await #expect(throws: TimeoutError(subject: "lock \(path)")) {
          _ = try await FileLock.acquire(path, timeout: .zero)
        }
        _ = consume held
      }
      #expect(try isFree(path))
    }
  }

  @Test(arguments: [
    (["XDG_CACHE_HOME": "/x", "HOME": "/h"], "/x/latgate"),
    (["XDG_CACHE_HOME": "relative", "HOME": "/h"], "/h/.cache/latgate"),
    (["HOME": "/h"], "/h/.cache/latgate"),
    ([:], nil),
  ])
  func cacheDirectoryFollowsTheEnvironment(environment: [String: String], path: String?) {
    #expect(UserDirectories.cachePath(environment: environment) == path)
  }

  @Test func aFileInTheWayIsNamed() async throws {
    try await inDirectory { directory in
      try AtomicFile.write([], to: directory + "/file")
      #expect(throws: SystemCallError(call: "mkdir", code: EEXIST, subject: directory + "/file")) {
        try UserDirectories.makeDirectory(directory + "/file/below")
      }
    }
  }

  @Test func aLinkToNowhereIsNoDirectory() async throws {
    try await inDirectory { directory in
      try FileManager.default.createSymbolicLink(
        atPath: directory + "/link", withDestinationPath: directory + "/nowhere")
      #expect(throws: SystemCallError(call: "mkdir", code: EEXIST, subject: directory + "/link")) {
        try UserDirectories.makeDirectory(directory + "/link/below")
      }
    }
  }

  /// Names of devices, say, are made by one process and taken away by another.
  @Test func aDirectoryThatIsRemovedMeanwhileIsMadeAnew() async throws {
    try await inDirectory { directory in
      let path = directory + "/shared"
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask { for _ in 0..<20_000 { try UserDirectories.makeDirectory(path) } }
          group.addTask { for _ in 0..<20_000 { rmdir(path) } }
        }
        try await group.waitForAll()
      }
    }
  }

  private func isFreeForAll(_ path: String) throws -> Bool {
    switch try FileLock.tryAcquireShared(path) {
    case .some: true
    case .none: false
    }
  }

  @Test func aSharedLockFollowsNoLinkAndWritesToNoOthersFile() async throws {
    try await inDirectory { directory in
      let (file, soft, hard) = ("\(directory)/file", "\(directory)/soft", "\(directory)/hard")
      try AtomicFile.write(Array("kept".utf8), to: file)
      try FileManager.default.createSymbolicLink(atPath: soft, withDestinationPath: file)
      try FileManager.default.linkItem(atPath: file, toPath: hard)
      let refusals = [soft: ELOOP, hard: EINVAL, "\(directory)/a": EISDIR]
      for (path, code) in refusals {
        let error = #expect(throws: SystemCallError.self) { try isFreeForAll(path) }
        #expect(error?.code == code, "\(path)")
      }
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "kept")
    }
  }

  @Test func aSharedLockIsThatOfTheNameAlsoAfterItsFileWasRemoved() async throws {
    try await inDirectory { directory in
      let path = "\(directory)/lock"
      var first = try FileLock.tryAcquireShared(path)
      #expect(try !isFreeForAll(path))
      // Its holder removes the file: who comes then makes a new one, which is locked by itself.
      first?.remove(path)
      let second = try FileLock.tryAcquireShared(path)
      #expect(try !isFreeForAll(path))
      first = nil
      #expect(try !isFreeForAll(path))
      _ = consume second
      #expect(try isFreeForAll(path))
    }
  }
}
