import Foundation
import Testing

/// What `latgate gc` removes, and what it leaves.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct KeepingTests {
  private struct Row: Decodable {
    var part: String
    var name: String
    var bytes: Int
  }

  private func write(_ path: String, bytes: Int = 100_000, days: Double) throws {
    let directory = (path as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try Data(repeating: 7, count: bytes).write(to: URL(fileURLWithPath: path))
    for one in [path, directory] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -days * 86400)], ofItemAtPath: one)
    }
  }

  private func gc(
    _ path: String, _ arguments: [String], isJSON: Bool = true
  ) async throws -> Call.Result {
    let made = try await Call(
      "\(Tool.repository)/.build/debug/latgate",
      ["gc"] + arguments + (isJSON ? ["--format", "json"] : []),
      environment: [
        "XDG_CACHE_HOME": path, "LATGATE_STORE": "\(path)/store.sqlite", "NO_COLOR": "1",
      ]
    ).end(within: .seconds(60))
    #expect(made.exitCode == 0, "\(made.errors)")
    return made
  }

  private func rows(_ made: Call.Result) throws -> [Row] {
    try JSONDecoder().decode([Row].self, from: Data(made.output.utf8))
  }

  @Test func theCacheKeepsItsBounds() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let cache = "\(path)/latgate"
    for (name, days) in [("old.o", 50.0), ("older.o", 60), ("fresh.o", 0.1)] {
      try write("\(cache)/build/\(name)", days: 70)
      try write("\(cache)/build/\(name).seal", bytes: 80, days: days)
    }
    try write("\(cache)/virtual/images/6-1-aa/kernel", days: 40)
    try write("\(cache)/virtual/images/5-10-bb/kernel", days: 0.5)
    try write("\(cache)/roots/sysroot/usr", days: 100)
    // Used yesterday but one, whatever its packages' age.
    try write("\(cache)/roots/.sysroot.lock", bytes: 0, days: 2)
    try write("\(cache)/roots/other/usr", days: 100)
    try write("\(cache)/readers/bin", days: 100)
    try write("\(cache)/privileges.json", days: 100)

    let dry = try await gc(path, ["--older-than", "55d"])
    #expect(try rows(dry).map(\.name) == ["roots/other", "build/older.o"])
    #expect(dry.errors.contains("nothing is removed without --delete"))
    #expect(FileManager.default.fileExists(atPath: "\(cache)/roots/other"))

    let sized = ["--older-than", "55d", "--cache-size", "342KiB", "--delete"]
    let made = try await gc(path, sized)
    #expect(
      try rows(made).map(\.name)
        == ["roots/other", "build/older.o", "build/old.o", "virtual/images/6-1-aa"])
    let left = try FileManager.default.subpathsOfDirectory(atPath: cache).sorted()
    #expect(!left.contains { $0.contains("old") || $0.contains("6-1-aa") || $0.contains("other") })
    for name in ["build/fresh.o", "build/fresh.o.seal", "roots/sysroot/usr", "readers/bin"] {
      #expect(left.contains(name))
    }
    // What was used lately stays, and that is reported.
    let tight = try await gc(path, ["--cache-size", "1KiB", "--delete"], isJSON: false)
    #expect(tight.errors.contains("the rest was used in the last 24 hours"), "\(tight.errors)")
    #expect(FileManager.default.fileExists(atPath: "\(cache)/virtual/images/5-10-bb/kernel"))
    #expect(FileManager.default.fileExists(atPath: "\(cache)/privileges.json"))
    #expect(!FileManager.default.fileExists(atPath: "\(cache)/roots/sysroot"))
  }

  @Test func resultsAndTheStoreKeepTheirs() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = Tool(store: "\(path)/store.sqlite")
    var records = ScalarRecords(seed: 3)
    for day in 0..<12 {
      try records.write(build: "b\(day)", runs: 2, value: 100, day: day, to: "\(path)/in")
    }
    #expect(try await tool.run("runs", "import", "\(path)/in").exitCode == 0)
    #expect(try await tool.run("baseline", "pin", "release", "b1").exitCode == 0)
    try write("\(path)/results/check-1/report.html", days: 40)
    try write("\(path)/results/check-2/report.html", days: 0)
    try write("\(path)/results/own/notes.odt", days: 40)

    let arguments = ["--results", "\(path)/results", "--older-than", "30d", "--store-size", "1KiB"]
    let dry = try rows(try await gc(path, arguments))
    let made = try rows(try await gc(path, arguments + ["--delete"]))
    #expect(made.map(\.name) == dry.map(\.name))
    #expect(made.filter { $0.part == "results" }.map(\.name) == ["\(path)/results/check-1"])
    #expect(made.count { $0.part == "store" } == 22)
    #expect(FileManager.default.fileExists(atPath: "\(path)/results/own/notes.odt"))
    let list = try await tool.run("runs", "list", "--format", "json")
    #expect(list.output.split(separator: "\"b1-").count - 1 == 2, "\(list.output)")
    #expect(try rows(try await gc(path, arguments)).isEmpty)
  }
}
