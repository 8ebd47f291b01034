import Foundation
import Testing

@testable import FirmwareKit

struct KitDirectoryTests {
  private let directory = FileManager.default.temporaryDirectory
    .appending(path: "latgate-kit-\(UUID().uuidString)").path

  @Test func whatIsWrittenIsRead() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let files = [
      KitFile(path: "GUIDE.md", text: "read me\n"),
      KitFile(path: "root/bin/tool", content: [0, 1, 255], mode: 0o755),
    ]
    try KitDirectory.write(files, to: directory)
    #expect(try KitDirectory.read(directory) == files)
    #expect(throws: KitDirectory.KitError.notEmpty(directory)) {
      try KitDirectory.write(files, to: directory)
    }
  }

  @Test func whatIsNoDirectoryIsReported() {
    #expect(throws: KitDirectory.KitError.notADirectory(directory)) {
      try KitDirectory.read(directory)
    }
  }
}
