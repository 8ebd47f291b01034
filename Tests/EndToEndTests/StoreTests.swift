import Foundation
import Testing

/// Stored runs, baselines, waivers, histories and calibrations, by the built tool and without a
/// device.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct StoreTests {
  private struct Run: Decodable {
    var id: String
    var build: String
  }

  private func runs(_ tool: Tool) async throws -> [Run] {
    let listed = try await tool.run("runs", "list", "--format", "json")
    try #require(listed.exitCode == 0, "\(listed.errors)")
    return try JSONDecoder().decode([Run].self, from: Data(listed.output.utf8))
  }

  private func tool(in directory: String) -> Tool {
    Tool(store: "\(directory)/store.sqlite")
  }

  private func passes(_ made: Call.Result, _ code: Int32 = 0) {
    #expect(made.exitCode == code, "\(made.output)\(made.errors)")
  }

  @Test func twoProcessesThatImportAtOnceBothSucceed() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = tool(in: path)
    var records = ScalarRecords(seed: 1)
    // The middle build is in both directories.
    for (build, directories) in [("b1", ["a"]), ("b2", ["a", "b"]), ("b3", ["b"])] {
      var copy = records
      for name in directories {
        copy = records
        try copy.write(build: build, runs: 30, value: 100, day: 0, to: "\(path)/\(name)")
      }
      records = copy
    }
    let both = try ["a", "b"].map { try tool.start(["runs", "import", "\(path)/\($0)"]) }
    for call in both { passes(try await call.end(within: .seconds(60))) }
    let ids = try await runs(tool).map(\.id)
    #expect(ids.count == 90)
    #expect(Set(ids).count == 90)
    let again = try await tool.run("runs", "import", "\(path)/a")
    passes(again)
    #expect(again.errors.contains("0 stored, 60 known already"))
  }

  @Test func whatIsNotStoredIsSaid() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = tool(in: path)
    try FileManager.default.createDirectory(
      atPath: "\(path)/empty", withIntermediateDirectories: true)
    let empty = try await tool.run("runs", "import", "\(path)/empty")
    passes(empty, 65)
    #expect(empty.errors.contains("no record is there"), "\(empty.errors)")
    var records = ScalarRecords(seed: 3)
    try records.write(build: "b1", runs: 2, value: 100, day: 0, to: "\(path)/in")
    passes(try await tool.run("runs", "import", "\(path)/in"))
    let unknown = try await tool.run("runs", "show", "nosuch")
    passes(unknown, 64)
    #expect(unknown.errors.contains("'latgate runs list' shows the 2"), "\(unknown.errors)")
  }

  @Test func whatGoesInComesOutByteForByte() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = tool(in: path)
    var records = ScalarRecords(seed: 2)
    let files = try records.write(build: "b1", runs: 3, value: 100, day: 0, to: "\(path)/in")
    passes(try await tool.run("runs", "import", "\(path)/in"))
    passes(try await tool.run("runs", "export", "--output", "\(path)/out"))
    for file in files {
      let name = URL(fileURLWithPath: file).lastPathComponent
      #expect(
        FileManager.default.contents(atPath: file)
          == FileManager.default.contents(atPath: "\(path)/out/\(name)"))
    }
    let shown = try await tool.run("runs", "show", "b1-1", "--record")
    passes(shown)
    #expect(Data(shown.output.utf8) == FileManager.default.contents(atPath: files[1]))
  }

  @Test func aChangedRecordAndABrokenFileStoreNothing() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = tool(in: path)
    var records = ScalarRecords(seed: 3)
    try records.write(build: "b1", runs: 1, value: 100, day: 0, to: "\(path)/in")
    passes(try await tool.run("runs", "import", "\(path)/in"))
    try records.write(build: "b1", runs: 2, value: 100, day: 0, to: "\(path)/changed")
    let changed = try await tool.run("runs", "import", "\(path)/changed")
    passes(changed, 65)
    #expect(changed.errors.contains("b1-0"))
    try records.write(build: "b2", runs: 1, value: 100, day: 0, to: "\(path)/broken")
    try "{".write(toFile: "\(path)/broken/z.json", atomically: true, encoding: .utf8)
    let broken = try await tool.run("runs", "import", "\(path)/broken")
    passes(broken, 65)
    #expect(broken.errors.contains("broken/z.json"))
    #expect(try await runs(tool).map(\.id) == ["b1-0"])
  }

  @Test func aFileThatIsNoStoreIsOneClearError() async throws {
    let directory = try TemporaryDirectory()
    let tool = tool(in: directory.path)
    let text = String(repeating: "no database\n", count: 1000)
    try text.write(toFile: tool.store, atomically: true, encoding: .utf8)
    let made = try await tool.run("runs", "list")
    passes(made, 65)
    #expect(made.errors.contains(tool.store))
    #expect(made.errors.split(separator: "\n").count(where: { $0.hasPrefix("error:") }) == 1)
    #expect(try String(contentsOfFile: tool.store, encoding: .utf8) == text)
  }

  /// A store with ten builds and a rolling baseline over them.
  private func nightly(in path: String) async throws -> (tool: Tool, records: ScalarRecords) {
    let tool = tool(in: path)
    var records = ScalarRecords(seed: 5)
    for day in 0..<10 {
      try records.write(build: "night-\(day)", runs: 3, value: 100, day: day, to: "\(path)/nights")
    }
    passes(try await tool.run("runs", "import", "\(path)/nights"))
    passes(try await tool.run("baseline", "roll", "nightly"))
    return (tool, records)
  }

  @Test func aCandidateIsHeldAgainstStoredBuilds() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let made = try await nightly(in: path)
    let tool = made.tool
    var records = made.records
    try records.write(build: "same", runs: 8, value: 100, day: 11, to: "\(path)/same")
    try records.write(build: "slower", runs: 8, value: 130, day: 11, to: "\(path)/slower")
    func compare(_ candidate: String) async throws -> Call.Result {
      try await tool.run(
        "compare", "--baseline", "nightly", "--candidate", "\(path)/\(candidate)")
    }
    let same = try await compare("same")
    passes(same)
    #expect(same.output.contains("stored evidence"))
    #expect(!same.output.contains("owner"))
    let slower = try await compare("slower")
    passes(slower, 1)
    #expect(slower.output.contains("owner: firmware"))

    // A known issue passes until its day is over.
    passes(
      try await tool.run(
        "waive", "boot.*", "--until", "2999-12-31", "--reason", "BUG-1, fix in review"))
    let waived = try await compare("slower")
    passes(waived)
    #expect(waived.output.contains("regression, waived"))
    #expect(waived.output.contains("BUG-1"))
    passes(try await tool.run("waiver", "remove", "1"))
    passes(try await compare("slower"), 1)
    let past = try await tool.run("waive", "boot.*", "--until", "2020-01-01", "--reason", "x")
    passes(past, 64)
    let endless = try await tool.run("waive", "boot.*", "--reason", "x")
    passes(endless, 64)
  }

  @Test func aBuildThatFailedIsKeptOutOfARollingBaseline() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let made = try await nightly(in: path)
    let tool = made.tool
    var records = made.records
    try records.write(build: "slower", runs: 8, value: 130, day: 11, to: "\(path)/slower")
    let judged = try await tool.run(
      "compare", "--baseline", "nightly", "--candidate", "\(path)/slower", "--keep")
    passes(judged, 1)
    #expect(try await runs(tool).count(where: { $0.build == "slower" }) == 8)
    let listed = try await tool.run("baseline", "list", "--format", "json")
    passes(listed)
    #expect(listed.output.contains("night-9") && !listed.output.contains("slower"))
    // Said again, it is one word more on the same runs.
    passes(
      try await tool.run(
        "compare", "--baseline", "nightly", "--candidate", "\(path)/slower", "--keep"), 1)
    #expect(try await runs(tool).count(where: { $0.build == "slower" }) == 8)
    let aimless = try await tool.run(
      "compare", "--reference", "\(path)/nights", "--candidate", "\(path)/slower", "--keep")
    passes(aimless, 64)
  }

  @Test func anUnknownBaselineListsTheKnown() async throws {
    let directory = try TemporaryDirectory()
    let tool = try await nightly(in: directory.path).tool
    let made = try await tool.run(
      "compare", "--baseline", "nighty", "--candidate", "\(directory.path)/nights")
    passes(made, 64)
    #expect(made.errors.contains("nightly"))
  }

  @Test func anAcceptedStepIsFollowedFromItsFifthBuildOn() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let made = try await nightly(in: path)
    let tool = made.tool
    var records = made.records
    for day in 10..<14 {
      try records.write(build: "night-\(day)", runs: 3, value: 120, day: day, to: "\(path)/new")
    }
    passes(try await tool.run("runs", "import", "\(path)/new"))
    let early = try await tool.run(
      "baseline", "accept", "nightly", "night-10", "--reason", "meant")
    passes(early)
    #expect(early.errors.contains("4 so far"))
    try records.write(build: "night-14", runs: 3, value: 120, day: 14, to: "\(path)/last")
    passes(try await tool.run("runs", "import", "\(path)/last"))
    let listed = try await tool.run("baseline", "list", "--format", "json")
    passes(listed)
    /// The parts of the list that are looked at.
    struct Baseline: Decodable {
      var builds: [String]
      var pendingStep: String?
    }
    let found = try JSONDecoder().decode([Baseline].self, from: Data(listed.output.utf8))
    #expect(found.first?.builds == (10...14).map { "night-\($0)" })
    #expect(found.first?.pendingStep == nil)
  }

  @Test func historyNamesTheBuildOfAStep() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let made = try await nightly(in: path)
    let tool = made.tool
    var records = made.records
    for day in 10..<18 {
      try records.write(build: "night-\(day)", runs: 3, value: 112, day: day, to: "\(path)/new")
    }
    passes(try await tool.run("runs", "import", "\(path)/new"))
    let text = try await tool.run("history", "boot.*")
    passes(text)
    #expect(text.output.contains("since here"))
    /// The parts of the document that are looked at.
    struct History: Decodable {
      struct Metric: Decodable {
        struct Step: Decodable {
          var build: String
          var change: Double
          var isWorse: Bool
        }

        var steps: [Step]
      }

      var metrics: [Metric]
    }
    let listed = try await tool.run("history", "--all", "--format", "json")
    passes(listed)
    let history = try JSONDecoder().decode(History.self, from: Data(listed.output.utf8))
    let metric = try #require(history.metrics.first)
    #expect(metric.steps.map(\.build) == ["night-10"])
    #expect(metric.steps.allSatisfy { $0.isWorse && abs($0.change - 0.12) < 0.03 })
    let nothing = try await tool.run("history", "nope.*")
    passes(nothing, 64)
    #expect(nothing.errors.contains("boot.time"))
  }

  @Test func aCalibrationSaysWhetherTheBenchMayGate() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = tool(in: path)
    var records = ScalarRecords(seed: 9)
    try records.write(build: "b1", runs: 24, value: 100, day: 0, to: "\(path)/quiet")
    let quiet = try await tool.run("calibrate", "--from", "\(path)/quiet")
    passes(quiet)
    #expect(quiet.output.hasPrefix("QUALIFIED"))
    try records.write(build: "b2", runs: 4, value: 100, day: 0, to: "\(path)/few")
    let few = try await tool.run("calibrate", "--from", "\(path)/few")
    passes(few, 2)
    #expect(few.output.hasPrefix("UNDECIDED"))
  }

  /// Flashes that differ by 6%, each measured by four runs that differ by .5%: the arms of a check
  /// are then one flash each, and each of them a build of its own.
  @Test func aBadBenchIsNoJudge() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = tool(in: path)
    var records = ScalarRecords(seed: 10)
    (records.target, records.suite, records.metric) = ("virtual-defects", "defects", "disk.time")
    (records.noise, records.flashes) = (0.005, (4, 0.06))
    try records.write(build: "b1", runs: 24, value: 100, day: 0, to: "\(path)/bad")
    let bad = try await tool.run("calibrate", "defects", "--from", "\(path)/bad")
    passes(bad, 3)
    try #require(bad.output.hasPrefix("NOT QUALIFIED"), "\(bad.output)\(bad.errors)")
    // As if no line had been wrapped.
    let said = bad.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(said.contains(/with this noise \d+(\.\d+)?% of unchanged builds .* \(limit 1%\)/))
    #expect(said.contains("flash before every run"))

    // A gate on this bench is refused before any device is touched.
    let refused = try await tool.run("check", "defects", "--output", "\(path)/check")
    passes(refused, 3)
    #expect(refused.errors.contains("is not qualified"))
    #expect(refused.errors.contains("calibrate again"))
    #expect(refused.errors.contains("flash before every run"))
    #expect(refused.errors.contains("owner: rack"))
    #expect(!FileManager.default.fileExists(atPath: "\(path)/check/runs"))
    // Whoever insists gets to the next question.
    let insisted = try await tool.run(
      "check", "defects", "--unqualified", "--time-budget", "20s", "--output", "\(path)/check")
    passes(insisted, 64)
    #expect(insisted.errors.contains("are too short"))

    // Calibrated again after the bench was repaired, it may gate.
    (records.noise, records.flashes) = (0.005, (1, 0.001))
    try records.write(build: "b2", runs: 24, value: 100, day: 1, to: "\(path)/good")
    let good = try await tool.run("calibrate", "defects", "--from", "\(path)/good")
    passes(good)
    let planned = try await tool.run(
      "check", "defects", "--time-budget", "20s", "--output", "\(path)/check")
    passes(planned, 64)
  }

  @Test func runsAreDeletedByNameAndByBoundsButNotThoseOfABaseline() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let made = try await nightly(in: path)
    let tool = made.tool
    let all = try await runs(tool)
    passes(try await tool.run("runs", "delete", all[0].id))
    #expect(try await runs(tool).count == all.count - 1)
    let dry = try await tool.run("runs", "delete", "--down-to", "0B", "--dry-run")
    passes(dry)
    #expect(try await runs(tool).count == all.count - 1)
    // A pinned baseline keeps its builds.
    passes(try await tool.run("baseline", "pin", "release", "night-7"))
    passes(try await tool.run("baseline", "remove", "nightly"))
    passes(try await tool.run("runs", "delete", "--down-to", "0B"))
    #expect(Set(try await runs(tool).map(\.build)) == ["night-7"])
    passes(try await tool.run("runs", "delete", "--build", "night-7"))
    #expect(try await runs(tool).isEmpty)
  }

  @Test func namesThatNoStoredRunHasAreRefused() async throws {
    let directory = try TemporaryDirectory()
    let made = try await nightly(in: directory.path)
    for words in [
      ["list", "--suite", "bot"], ["list", "--device", "bord"], ["list", "--build", "night-99"],
      ["delete", "--suite", "bot"],
      ["export", "--output", "\(directory.path)/out", "--suite", "bot"],
    ] {
      let call = try await made.tool.start(["runs"] + words).end(within: .seconds(60))
      passes(call, 64)
    }
    #expect(!FileManager.default.fileExists(atPath: "\(directory.path)/out"))
  }

  @Test func onlyOldResultsOfLatgateAreCleaned() async throws {
    let directory = try TemporaryDirectory()
    let results = directory.path
    let files = FileManager.default
    func make(_ name: String, _ file: String, days: Double) throws {
      try files.createDirectory(
        atPath: "\(results)/\(name)", withIntermediateDirectories: true)
      let path = "\(results)/\(name)/\(file)"
      try Data(repeating: 0x20, count: 1000).write(to: URL(fileURLWithPath: path))
      for changed in [path, "\(results)/\(name)"] {
        try files.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -days * 86_400)], ofItemAtPath: changed)
      }
    }
    try make("old-check", "check.json", days: 40)
    try make("old-run", "run-0123abcd.json", days: 40)
    try make("own", "notes.odt", days: 40)
    try make("new-check", "check.json", days: 2)
    try make("busy-check", "check.json", days: 0)
    let tool = tool(in: directory.path)
    passes(try await tool.run("runs", "clean", results, "--older-than", "30d", "--dry-run"))
    #expect(try files.contentsOfDirectory(atPath: results).count == 5)
    let made = try await tool.run("runs", "clean", results, "--older-than", "30d")
    passes(made)
    #expect(made.output == "\(results)/old-check\n\(results)/old-run\n")
    passes(try await tool.run("runs", "clean", results, "--down-to", "0B"))
    #expect(try files.contentsOfDirectory(atPath: results).sorted() == ["busy-check", "own"])
  }

  @Test func aCheckIsComparedByItsOwnDirectory() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    var records = ScalarRecords(seed: 9)
    try records.write(build: "b1", runs: 2, value: 100, day: 0, to: "\(path)/check/runs")
    try #"{"schema": "latgate.check/1"}"#.write(
      toFile: "\(path)/check/check.json", atomically: true, encoding: .utf8)
    let tool = tool(in: path)
    passes(try await tool.run("runs", "import", "\(path)/check"))
    #expect(try await runs(tool).count == 2)
    let wrong = try await tool.run("runs", "import", "\(path)/check/check.json")
    passes(wrong, 65)
    #expect(wrong.errors.contains("no run record"))
    #expect(wrong.errors.contains("give the directory of a check"))
  }
}
