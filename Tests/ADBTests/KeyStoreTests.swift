import Foundation
import POSIXSupport
import Testing

@testable import ADB

@Suite struct KeyStoreTests {
  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try UserDirectories.makeDirectory(directory)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(directory)
  }

  @Test func twoThatMakeTheKeyAtOnceHaveOne() async throws {
    try await inDirectory { directory in
      let store = ADBKeyStore(userKey: "\(directory)/new/adbkey", comment: "me@here")
      async let first = offloaded { try store.keys().map { try $0.publicLine() } }
      async let second = offloaded { try store.keys().map { try $0.publicLine() } }
      let (one, other) = (try await first, try await second)
      #expect(one.count == 1 && one == other)
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory)/new")
      #expect(names.sorted() == ["adbkey", "adbkey.pub"])
    }
  }

  @Test func aLinkThatLeadsNowhereIsAnError() async throws {
    try await inDirectory { directory in
      let path = "\(directory)/adbkey"
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: "\(directory)/not-mounted/adbkey")
      #expect(
        throws: ADBError.badKey(
          file: path, detail: "it cannot be read: No such file or directory")
      ) { try ADBKeyStore(userKey: path, comment: "me@here").keys() }
    }
  }
}
