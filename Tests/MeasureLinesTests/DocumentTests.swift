import Foundation
import Testing

@testable import Catalogs

/// Lines of the documents are lines.
struct DocumentTests {
  /// First cells of the table in docs/measure.md, and lines behind `measure '…'`.
  private static func lines() throws -> [String] {
    let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: repository.appending(path: "docs/measure.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    let cells = rows.filter { $0.count >= 3 && $0[1].hasPrefix("`") }.map { $0[1] }
    let quoted = text.matches(of: /measure '([^']+)'/).map { String($0.1) }
    return cells.compactMap { $0.split(separator: "`").first.map(String.init) } + quoted
  }

  @Test("every line of the document is one that a kernel can be asked")
  func lines() throws {
    let lines = try Self.lines()
    #expect(lines.count >= 56)
    for line in lines {
      #expect(throws: Never.self, "\(line)") {
        _ = try MeasureQuestion(try MeasureLine.parse(line), kernel: Kernel.known)
      }
    }
  }
}
