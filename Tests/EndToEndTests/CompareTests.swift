import Foundation
import Testing

/// Verdicts and their exit codes, from records of one real run that are edited as JSON.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct CompareTests {
  @Test func oneBuildUnderTwoNamesIsNoComparison() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    var records = ScalarRecords(seed: 7)
    try records.write(build: "one", runs: 8, value: 100, day: 0, to: "\(path)/one")
    try records.write(build: "two", runs: 8, value: 100, day: 0, to: "\(path)/two")
    let tool = Tool()
    func compare(_ candidate: String, _ options: String...) async throws -> Call.Result {
      try await tool.start(
        ["compare", "--reference", "\(path)/one", "--candidate", "\(path)/\(candidate)"] + options
      ).end(within: .seconds(60))
    }
    let compared = try await compare("two")
    #expect([0, 2].contains(compared.exitCode), "\(compared.errors)")

    // The second build is what the first one was, by what its devices report.
    try FileManager.default.createDirectory(
      atPath: "\(path)/same", withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(path)/two") {
      let text = try String(contentsOfFile: "\(path)/two/\(name)", encoding: .utf8)
      try text.replacing("\"fingerprint\":\"two\"", with: "\"fingerprint\":\"one\"")
        .write(toFile: "\(path)/same/\(name)", atomically: true, encoding: .utf8)
    }
    let same = try await compare("same")
    #expect(same.exitCode == 3, "\(same.output)\(same.errors)")
    #expect(
      same.errors.contains("candidate 'two' is another firmware than reference 'one'"),
      "\(same.errors)")
    #expect(same.output.isEmpty, "no verdict")
    let declared = try await compare("same", "--aa")
    #expect(declared.exitCode == compared.exitCode, "\(declared.errors)")
    let mistaken = try await compare("two", "--aa")
    #expect(mistaken.exitCode == 3, "\(mistaken.output)\(mistaken.errors)")
    #expect(mistaken.errors.contains("differ in fingerprint"), "\(mistaken.errors)")
  }

  /// Kept records of version 1, and the same as this version writes them, are one experiment.
  @Test func recordsOfVersion1AreJudgedAsThoseOfThisVersion() async throws {
    let kept = "\(Tool.repository)/Tests/records/version-1"
    let directory = try TemporaryDirectory()
    for name in try FileManager.default.contentsOfDirectory(atPath: kept) {
      let text = try String(contentsOfFile: "\(kept)/\(name)", encoding: .utf8)
      #expect(text.contains("\"schema\":\"latgate.run/1\""))
      try text.replacing("\"schema\":\"latgate.run/1\"", with: "\"schema\":\"latgate.run/2\"")
        .replacing("\"histograms\":[", with: "\"results\":[")
        .replacing("{\"metric\":", with: "{\"kind\":\"histogram\",\"metric\":")
        .write(toFile: "\(directory.path)/\(name)", atomically: true, encoding: .utf8)
    }
    func report(_ experiment: String) async throws -> Call.Result {
      try await Tool().start(
        ["compare", "--experiment", experiment, "--format", "json"]
      ).end(within: .seconds(60))
    }
    let old = try await report(kept)
    #expect(old.exitCode == 1 && old.output.contains("\"outcome\" : \"regression\""))
    let new = try await report(directory.path)
    #expect(new.exitCode == 1 && new.output == old.output, "\(new.errors)")
  }

  @Test func verdictsHaveTheirExitCodes() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    // As `demo`, for a workload without its sentinel.
    let share = try TestShare()
    try share.write(
      """
      suite: judged
      device: virtual
      workload: e2e
      probes: [runqueue, block, fsync, binder]
      reference: reference
      candidate: slow-disk
      iterations: 2
      runs: {planned: 7, most: 7}
      gates:
        tau: {p50: 3%, p90: 4%, p99: 5%}
        metrics:
          - block.device{op=write}
          - block.total{op=write}
          - fsync.latency{class=workload}
          - binder.roundtrip
          - runqueue.wait{class=workload}@ping-pong
          - runqueue.wait{class=workload}@binder
        budgets:
          - {metric: block.*, budget: 150%}
          - {metric: fsync.*, budget: 60%}
          - {metric: runqueue.wait, budget: 60%}

      """, to: "targets/suites/judged.yaml")
    let tool = Tool(share: share.path)
    try await Bench.shared.alone {
      let made = try await tool.run(
        "run", "e2e", "--iterations", "2", "--output", "\(path)/run", within: .seconds(180))
      try #require(made.exitCode == 0, "\(made.errors)")
    }
    let run = try Data(contentsOf: URL(fileURLWithPath: Record.onlyPath(in: "\(path)/run")))

    try write(run, to: "\(path)/same", slowerCandidate: false)
    let same = try await tool.run("compare", "--suite", "judged", "--experiment", "\(path)/same")
    #expect(same.exitCode == 0, "\(same.output)\(same.errors)")
    #expect(same.output.contains("PASS"))

    try write(run, to: "\(path)/slower", slowerCandidate: true)
    let slower = try await tool.run(
      "compare", "--suite", "judged", "--experiment", "\(path)/slower", "--format", "json")
    #expect(slower.exitCode == 1, "\(slower.output)\(slower.errors)")
    let report = try JSONSerialization.jsonObject(with: Data(slower.output.utf8))
    #expect(report is [String: Any])

    // Two runs of each firmware prove nothing.
    for order in 0..<4 {
      let arm = Self.isCandidate(order) ? "candidate" : "reference"
      try FileManager.default.createDirectory(
        atPath: "\(path)/\(arm)", withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: "\(path)/slower/\(order)-\(arm).json", toPath: "\(path)/\(arm)/\(order).json")
    }
    let few = try await tool.run(
      "compare", "--suite", "judged", "--reference", "\(path)/reference", "--candidate",
      "\(path)/candidate")
    #expect(few.exitCode == 2, "\(few.output)\(few.errors)")

    // One run says nothing about the spread between runs.
    let single = try await tool.run(
      "compare", "--reference", "\(path)/reference/0.json", "--candidate",
      "\(path)/candidate/1.json")
    #expect(single.exitCode == 2 || single.exitCode == 3, "\(single.output)\(single.errors)")

    // A record cannot be evidence twice.
    let twice = try await tool.run(
      "compare", "--reference", "\(path)/reference", "--candidate", "\(path)/reference")
    #expect(twice.exitCode == 65)
  }

  @Test func helpNamesCommandsAndExitCodes() async throws {
    let made = try await Tool().run("--help")
    #expect(made.exitCode == 0)
    for word in ["check", "run", "compare", "device", "probes", "build", "doctor", "Exit codes"] {
      #expect(made.output.contains(word))
    }
    for command in ["check", "run", "compare", "device", "probes", "build", "doctor"] {
      let help = try await Tool().run(command, "--help")
      #expect(help.exitCode == 0)
      #expect(help.output.contains("USAGE: latgate \(command)"))
    }
  }

  @Test func versionIsOneLine() async throws {
    let made = try await Tool().run("version")
    #expect(made.exitCode == 0)
    #expect(made.output.wholeMatch(of: /latgate \d+\.\d+\.\d+\S*\n/) != nil)
    #expect(made.errors.isEmpty)
  }

  @Test func probesAreListedAsJSON() async throws {
    /// The parts of the list that are looked at.
    struct Listing: Decodable {
      struct Probe: Decodable {
        struct Metric: Decodable {
          var name: String
          var unit: String
        }

        var name: String
        var metrics: [Metric]
      }

      var probes: [Probe]
    }
    let made = try await Tool().run("probes", "--format", "json")
    #expect(made.exitCode == 0)
    let listing = try JSONDecoder().decode(Listing.self, from: Data(made.output.utf8))
    #expect(
      listing.probes.map(\.name) == [
        "alarm", "alarmprofile", "audio", "binder", "bio", "biosnoop", "block", "cachestat",
        "camera", "cpufreq", "dns", "execsnoop", "f2fs", "fault", "fence", "file", "fileslower",
        "fsync", "fuse", "futex", "hardirq", "i2c", "idle", "irqoff", "journal", "lock", "memory",
        "mmc", "offcpu", "offprofile", "oomkill", "opensnoop", "process", "profile", "reclaim",
        "regulator", "runqueue", "scsi", "sleep", "softirq", "spi", "suspend", "swap", "syscall",
        "tcp", "tcplife", "tcpretrans", "thermal", "timer", "ufs", "workqueue", "writeback",
      ])
    #expect(listing.probes.flatMap(\.metrics).allSatisfy { !$0.unit.isEmpty && !$0.name.isEmpty })
  }

  /// A B, B A, ... as the tool interleaves them.
  private static func isCandidate(_ order: Int) -> Bool { [1, 2].contains(order % 4) }

  /// Writes an experiment of seven runs of each arm.
  private func write(_ run: Data, to directory: String, slowerCandidate: Bool) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for order in 0..<14 {
      let isCandidate = Self.isCandidate(order)
      let arm = isCandidate ? "candidate" : "reference"
      var record = try #require(JSONSerialization.jsonObject(with: run) as? [String: Any])
      // What the probes cost is no matter of these verdicts.
      record["overhead"] = nil
      record["id"] = UUID().uuidString.lowercased()
      record["experiment"] = [
        "id": "edited", "arm": arm, "order": order,
      ]
      var boot = try #require(record["boot"] as? [String: Any])
      boot["bootID"] = UUID().uuidString.lowercased()
      record["boot"] = boot
      var firmware = try #require(record["firmware"] as? [String: Any])
      firmware["id"] = arm
      firmware["name"] = arm
      record["firmware"] = firmware
      if isCandidate && slowerCandidate { record["iterations"] = doubled(record["iterations"]) }
      try JSONSerialization.data(withJSONObject: record)
        .write(to: URL(fileURLWithPath: "\(directory)/\(order)-\(arm).json"))
    }
  }

  /// Iterations with every duration doubled: an octave has 16 buckets, and below 16 ns a bucket
  /// is one nanosecond.
  private func doubled(_ value: Any?) -> Any? {
    guard var object = value as? [String: Any] else {
      return (value as? [Any])?.map { doubled($0) ?? $0 } ?? value
    }
    if let buckets = object["buckets"] as? [[UInt64]], let sum = object["sum"] as? UInt64,
      let max = object["max"] as? UInt64
    {
      object["sum"] = 2 * sum
      object["max"] = 2 * max
      object["buckets"] = buckets.map { [min($0[0] < 16 ? 2 * $0[0] : $0[0] + 16, 527), $0[1]] }
      return object
    }
    for (key, member) in object where key == "phases" || key == "results" {
      object[key] = doubled(member)
    }
    return object
  }
}
