import Foundation
import Testing

@testable import FirmwareKit

struct KitFolderTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "latgate-kit-\(UUID().uuidString)").path

  @Test func whatIsWrittenIsRead() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = [
      KitFile(path: "GUIDE.md", text: "read me\n"),
      KitFile(path: "root/bin/tool", content: [0, 1, 255], mode: 0o755),
    ]
    try KitFolder.write(files, to: folder)
    #expect(try KitFolder.read(folder) == files)
    #expect(throws: KitFolder.Failure.notEmpty(folder)) { try KitFolder.write(files, to: folder) }
  }

  @Test func whatIsNoFolderIsReported() {
    #expect(throws: KitFolder.Failure.notAFolder(folder)) { try KitFolder.read(folder) }
  }
}
