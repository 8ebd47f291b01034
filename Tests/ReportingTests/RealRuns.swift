import Catalogs
import ForeignReaders
import Foundation
import Jobs
import LatencyHistograms
import RegressionAnalysis
import RunRecords
import Testing

@testable import Reporting

/// Runs of real checks on a virtual device, as `latgate check` kept them, of which some metrics
/// were left out so that they are small; and the same with a known fault put in.
enum RealRuns {
  /// `slow-disk`: 3 + 3 runs of the demo. `unconfirmed`: 8 + 8 runs whose disk was slow now and
  /// then. `crawl`: 3 + 3 runs with a disk that crawls.
  static func check(_ name: String) throws -> VerdictInput {
    let records = try records(name)
    return VerdictInput(
      reference: records.filter { $0.experiment?.arm == .reference },
      candidate: records.filter { $0.experiment?.arm == .candidate }, policy: policy(name))
  }

  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  /// Names of the checks that `Tests/reports/keep.py` kept: `NAME.jsonl.xz`, and `NAME.txt` with
  /// what the first screen has to say.
  static let keptNames =
    ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).sorted()
    .filter { $0.hasSuffix(".jsonl.xz") }.map { String($0.dropLast(".jsonl.xz".count)) }

  /// A check as `Tests/reports/keep.py` kept it: judged with its suite's file and the noise that
  /// was known then.
  static func kept(_ name: String) throws -> VerdictInput {
    struct Head: Decodable {
      var suite: String
      var transport: String
      var profile: NoiseProfile?
    }
    let file = directory.appending(path: "\(name).jsonl.xz")
    let lines = try ForeignReader.run(
      "import lzma, sys; sys.stdout.write(lzma.open('\(file.path)', 'rt').read())", input: ""
    ).split(separator: "\n")
    let head: Head = try decodeJSON(from: Data(try #require(lines.first).utf8))
    let suite = try SuiteDefinition.parse(head.suite, file: "\(name).yaml")
    let records = try lines.dropFirst().map {
      try RunRecord.decode(Data($0.utf8), file: file.lastPathComponent)
    }
    return VerdictInput(
      reference: records.filter { $0.experiment?.arm == .reference },
      candidate: records.filter { $0.experiment?.arm == .candidate },
      policy: VerdictPolicy(suite: suite, freeSwitching: head.transport == "virtual"),
      profile: head.profile)
  }

  /// Eight runs of one firmware as 4 + 4 of two, in turn; `fault` gets those of the candidate with
  /// their place in the experiment.
  static func unchanged(
    countsWarmUps: Bool = false, _ fault: (inout RunRecord, Int) -> Void = { _, _ in }
  ) throws -> VerdictInput {
    var input = VerdictInput(reference: [], candidate: [], policy: policy("unconfirmed"))
    let one = try records("unconfirmed").filter { $0.experiment?.arm == .reference }
    for (place, record) in one.enumerated() {
      let isCandidate = [1, 2].contains(place % 4)
      var run = record
      run.experiment = ExperimentPlace(
        id: "check", arm: isCandidate ? .candidate : .reference, order: place)
      run.boot.bootID = "boot-\(place)"
      run.iterations = run.iterations.filter { countsWarmUps || $0.kind == .measured }
      for index in run.iterations.indices { run.iterations[index].kind = .measured }
      guard isCandidate else {
        input.reference.append(run)
        continue
      }
      run.firmware.name = "next"
      run.firmware.id = "build-2"
      fault(&run, place)
      input.candidate.append(run)
    }
    return input
  }

  static func report(_ input: VerdictInput) throws -> VerdictReport {
    VerdictReport(
      try judge(input), of: input,
      titles: [
        "runqueue.wait": "run queue", "fsync.latency": "fsync", "block.device": "block device time",
        "block.total": "block I/O", "timer.lateness": "timer lateness",
        "syscall.latency": "system calls",
        "binder.roundtrip": "binder round trip",
      ])
  }

  private static func records(_ name: String) throws -> [RunRecord] {
    let file = try #require(
      Bundle.module.url(forResource: name, withExtension: "jsonl", subdirectory: "Fixtures"))
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      try RunRecord.decode(Data($0.utf8), file: file.lastPathComponent)
    }
  }

  /// As the demo's suite has it; `crawl` was measured without a sentinel.
  private static func policy(_ name: String) -> VerdictPolicy {
    VerdictPolicy(
      quantiles: [QuantileThreshold(probability: 0.5, threshold: 0.03)],
      budgets: [
        MetricBudget(pattern: "block.*", budget: 1.5),
        MetricBudget(pattern: "fsync.*", budget: 0.6),
        MetricBudget(pattern: "runqueue.wait*", budget: 0.6),
      ], gating: ["block.*", "fsync.*", "binder.*", "runqueue.*", "pingpong.*"],
      sentinels: name == "crawl" ? [] : ["sentinel.*"], freeSwitching: true)
  }
}

extension RunRecord {
  /// Changes the histograms of a metric; the edit also gets the index of their iteration.
  mutating func edit(_ metric: String, _ change: (inout HistogramRecord, Int) -> Void) {
    for iteration in iterations.indices {
      for phase in iterations[iteration].phases.indices {
        let known = iterations[iteration].phases[phase].histograms
        for place in known.indices where known[place].metric == metric {
          change(
            &iterations[iteration].phases[phase].histograms[place], iterations[iteration].index)
        }
      }
    }
  }
}

extension HistogramRecord {
  /// All operations take 2^(steps / 16) times as long.
  mutating func slow(by steps: UInt64) {
    buckets = buckets.map { [$0[0] + steps, $0[1]] }
    max = UInt64(Double(max) * pow(2, Double(steps) / 16))
  }

  /// A share of the operations in the fullest buckets takes 2^(steps / 16) times as long.
  mutating func slow(share: Double, by steps: UInt64) {
    var counts = Dictionary(uniqueKeysWithValues: buckets.map { ($0[0], $0[1]) })
    var left = UInt64(Double(count) * share)
    for bucket in buckets.sorted(by: { $0[1] > $1[1] }) where left > 0 {
      let moved = min(left, bucket[1])
      counts[bucket[0], default: 0] -= moved
      counts[bucket[0] + steps, default: 0] += moved
      left -= moved
    }
    buckets = counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    max = UInt64(Double(max) * pow(2, Double(steps) / 16))
  }

  /// Other counts of events.
  mutating func recount(_ change: (UInt64) -> UInt64) {
    buckets = buckets.map { [$0[0], change($0[1])] }.filter { $0[1] > 0 }
    count = buckets.reduce(0) { $0 + $1[1] }
  }
}
