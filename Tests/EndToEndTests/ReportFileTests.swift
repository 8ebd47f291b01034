import Foundation
import Testing

/// One comparison, written in several formats.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct ReportFileTests {
  private func compare(
    in path: String, value: Double, _ options: String...
  ) async throws -> Call.Result {
    var records = ScalarRecords(seed: 21)
    try records.write(build: "one", runs: 8, value: 100, day: 0, to: "\(path)/one")
    try records.write(build: "two", runs: 8, value: value, day: 1, to: "\(path)/two")
    return try await Tool().start(
      ["compare", "--reference", "\(path)/one", "--candidate", "\(path)/two"] + options
    ).end(within: .seconds(60))
  }

  @Test func oneComparisonWritesAllThatAreAskedFor() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let made = try await compare(
      in: path, value: 150, "--report", "junit=\(path)/out/latgate.xml", "--report",
      "html=\(path)/out/latgate.html", "--report", "markdown=\(path)/out/comment.md", "--format",
      "why")
    #expect(made.output.hasPrefix("{\n"), "\(made.output)\(made.errors)")
    #expect(made.output.contains("\"schema\" : \"latgate.why/1\""))
    for (file, begin) in [
      ("latgate.xml", "<?xml"), ("latgate.html", "<!DOCTYPE html>"), ("comment.md", "### "),
    ] {
      let text = try String(contentsOfFile: "\(path)/out/\(file)", encoding: .utf8)
      #expect(text.hasPrefix(begin) && text.contains("boot.time"), "\(file)")
    }
    #expect([1, 2].contains(made.exitCode), "\(made.exitCode)")
  }

  @Test func aPlaceThatCannotTakeItIsRefusedFirst() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    try Data().write(to: URL(fileURLWithPath: "\(path)/file"))
    let made = try await compare(in: path, value: 100, "--report", "html=\(path)/file/page.html")
    #expect(made.exitCode == 64, "\(made.output)\(made.errors)")
    #expect(made.output.isEmpty, "no verdict")
    let twice = try await compare(
      in: path, value: 100, "--report", "html=\(path)/a", "--report", "csv=\(path)/a")
    #expect(twice.exitCode == 64)
    let unknown = try await compare(in: path, value: 100, "--report", "pdf=\(path)/a")
    #expect(unknown.exitCode == 64)
  }

  @Test func helpListsWhatEachCommandPrints() async throws {
    let check = try await Tool().run("help", "check")
    for format in ["terminal", "json", "html", "markdown", "junit", "openmetrics", "why"] {
      #expect(check.output.contains("\(format) ("), "\(format)")
    }
    let list = try await Tool().run("device", "list", "--help")
    #expect(list.output.contains("(values: terminal, json;"))
    #expect(!list.output.contains("junit"))
  }
}
