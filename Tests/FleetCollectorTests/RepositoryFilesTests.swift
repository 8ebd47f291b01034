import Foundation
import Testing

@testable import FleetCollector

@Suite("The repository's files")
struct RepositoryFilesTests {
  @Test(
    "Paths that lead elsewhere are none",
    arguments: [
      "", "timestamp.json", "/", "//a", "/a/", "/../a", "/a/../b", "/.a", "/a/.b", "/a%2e", "/a b",
      "/a\\b",
      "/\u{e9}", "/" + String(repeating: "a", count: 256),
    ])
  func refused(_ path: String) {
    #expect(!RepositoryFiles.isPlain(path))
  }

  @Test("Files below the directory are given as they are, up to a bundle's size")
  func given() throws {
    let directory = NSTemporaryDirectory() + "latgate-files-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(
      atPath: directory + "/bundles", withIntermediateDirectories: true)
    try Data([1, 2]).write(to: URL(fileURLWithPath: directory + "/bundles/0a"))
    try Data(count: RepositoryFiles.mostBytes + 1)
      .write(to: URL(fileURLWithPath: directory + "/long"))
    let files = RepositoryFiles(directory: directory)
    #expect(files.read("/bundles/0a") == [1, 2])
    #expect(files.read("/bundles/0b") == nil)
    #expect(files.read("/bundles") == nil)
    #expect(files.read("/long") == nil)
  }
}
