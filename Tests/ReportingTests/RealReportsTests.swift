import Foundation
import RegressionAnalysis
import RunRecords
import Testing

@testable import Reporting

/// A reader who sees the first screen only, of the page or of the text, has five questions: what is
/// it, where, how much, how sure, and what to do.
@Suite struct RealReportsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var outcome: VerdictReport.Outcome
    /// What both screens must say.
    var answers: [String]
    /// What a metric is called on the page, and in the text.
    var titles: (page: String, text: String)?
    var input: @Sendable () throws -> VerdictInput

    var testDescription: String { name }
  }

  private static let write = (
    page: "block device time, write on vdb", text: "block.device{dev=vdb,op=write}"
  )
  private static let wait = (
    page: "run queue of the workload", text: "runqueue.wait{class=workload}@ping-pong"
  )
  private static let nextStep = "What next"

  /// Those below, and the checks that are kept with their answers.
  static let cases = prepared + RealRuns.keptNames.map(kept)

  /// Its answers are lines of a file, after one with the outcome.
  private static func kept(_ name: String) -> Case {
    let text = try? String(
      contentsOf: RealRuns.directory.appending(path: "\(name).txt"), encoding: .utf8)
    let lines = (text ?? "").split(separator: "\n").map(String.init)
    return Case(
      name: name.replacing("-", with: " "), outcome: .init(rawValue: lines.first ?? "") ?? .invalid,
      answers: Array(lines.dropFirst()), input: { try RealRuns.kept(name) })
  }

  private static let prepared = [
    Case(
      name: "a slow disk", outcome: .regression,
      answers: [
        "slow-disk", "fsync-ext4", "21.5 ms", "95% interval", "3 + 3 runs",
        "look into block.device, fsync.latency in phase fsync-ext4", "owner",
      ], titles: write, input: { try RealRuns.check("slow-disk") }),
    Case(
      name: "a disk that crawls", outcome: .regression,
      answers: [
        "crawl", "start", "43.5 ms", "95% interval", "3 + 3 runs",
        "look into block.device, block.total, fsync.latency in phase start",
      ], titles: write, input: { try RealRuns.check("crawl") }),
    Case(
      name: "a disk that is slow now and then", outcome: .regression,
      answers: [
        "slow-disk", "fsync-ext4", "10.4 times as long", "95% interval 5.44", "8 + 8 runs",
        "look into block.device, fsync.latency in phase fsync-ext4", "owner",
      ], titles: write, input: { try RealRuns.check("unconfirmed") }),
    Case(
      name: "nothing changed", outcome: .pass,
      answers: [
        "next is no slower than reference", "demo", "virtual", "gating statistics within budget",
        "nearest to its budget: ", "at most +", "would be allowed",
        "4 + 4 runs", "interleaved evidence", "nothing to do",
      ], titles: nil, input: { try RealRuns.unchanged() }),
    Case(
      name: "all waits are longer", outcome: .regression,
      answers: [
        "ping-pong", "4.74 us", "+39.6%", "95% interval +37", "4 + 4 runs",
        "look into runqueue.wait in phase ping-pong",
      ], titles: wait,
      input: {
        try RealRuns.unchanged { run, _ in run.edit("runqueue.wait") { it, _ in it.slow(by: 8) } }
      }),
    Case(
      name: "the workload's own number is worse", outcome: .regression,
      answers: [
        "pingpong.p50", "ping-pong", "53.0 us", "+20.0%", "95% interval +19",
        "look into pingpong.p50 in phase ping-pong",
      ], titles: nil,
      input: {
        try RealRuns.unchanged { run, _ in
          for iteration in run.iterations.indices {
            for phase in run.iterations[iteration].phases.indices {
              let scalars = run.iterations[iteration].phases[phase].scalars
              for place in scalars.indices where scalars[place].metric == "pingpong.p50" {
                run.iterations[iteration].phases[phase].scalars[place].value *= 1.2
              }
            }
          }
        }
      }),
    Case(
      name: "one wait in eight takes sixteen times as long", outcome: .inconclusive,
      answers: [
        "has operations on next that reference has not", "ping-pong", "12.0% (11.", "46.1 us",
        "95% interval 11.", "look into what takes 46.1 us", "owner",
      ], titles: wait,
      input: {
        try RealRuns.unchanged { run, _ in
          run.edit("runqueue.wait") { it, _ in it.slow(share: 0.12, by: 60) }
        }
      }),
    Case(
      name: "one iteration in three is slow", outcome: .inconclusive,
      answers: [
        "has operations on next that reference has not", "ping-pong", "33.1% (32.", "6.78 us",
        "95% interval 32.", "look into what takes 6.78 us",
      ], titles: wait,
      input: {
        try RealRuns.unchanged(countsWarmUps: true) { run, _ in
          run.edit("runqueue.wait") { it, index in if index == 1 { it.slow(by: 16) } }
        }
      }),
    Case(
      name: "more waits, none of them longer", outcome: .pass,
      answers: [
        "next is no slower than reference", "run queue of the workload: 50.", "more events", "demo",
        "4 + 4 runs", "nothing to do",
      ], titles: nil,
      input: {
        try RealRuns.unchanged { run, _ in
          run.edit("runqueue.wait") { it, _ in
            it.recount { max(1, UInt64((Double($0) * 1.5).rounded())) }
          }
        }
      }),
    Case(
      name: "too few events", outcome: .inconclusive,
      answers: [
        "4 of 5 gating metrics could be measured", "fsync.latency", "fsync-ext4",
        "10 are needed", "4 + 4 runs", "let the workload do more of what is too rare", "owner",
      ], titles: nil,
      input: {
        var input = try RealRuns.unchanged()
        func thin(_ run: inout RunRecord) {
          run.edit("fsync.latency") { it, _ in
            var left: UInt64 = 3
            it.recount { count in
              let kept = min(count, left)
              left -= kept
              return kept
            }
          }
        }
        for place in input.reference.indices { thin(&input.reference[place]) }
        for place in input.candidate.indices { thin(&input.candidate[place]) }
        return input
      }),
    Case(
      name: "a bench that throttles", outcome: .inconclusive,
      answers: [
        "machine speed: reference 249.9 loops/us", "demo", "virtual", "11.1%", "4 + 4 runs",
        "let the bench come to rest", "owner",
      ], titles: nil,
      input: {
        try RealRuns.unchanged { run, place in
          guard [2, 5].contains(place) else { return }
          for index in run.iterations.indices where run.iterations[index].index > 1 {
            for name in ["speed_loops_per_us", "speed_sustained_loops_per_us"] {
              run.iterations[index].covariates[name]? *= 0.8
            }
          }
        }
      }),
    Case(
      name: "a run that must not be judged", outcome: .invalid,
      answers: [
        "is invalid: the device was suspended", "demo", "virtual", "4 + 4 runs",
        "make the check anew", "owner",
      ], titles: nil,
      input: {
        try RealRuns.unchanged { run, place in
          if place == 2 { run.invalid = [InvalidMark(reason: "the device was suspended for 3 s")] }
        }
      }),
    Case(
      name: "a probe that the build lost", outcome: .invalid,
      answers: [
        "probe fsync is lost on the candidate", "demo", "virtual", "4 + 4 runs",
        "find out why probe fsync is lost on next", "latgate doctor", "owner",
      ], titles: nil,
      input: {
        try RealRuns.unchanged { run, _ in
          for place in run.probes.indices where run.probes[place].name == "fsync" {
            run.probes[place] = ProbeRecord(
              name: "fsync", status: .lost, reason: "no function ext4_sync_file")
          }
          for iteration in run.iterations.indices {
            for phase in run.iterations[iteration].phases.indices {
              run.iterations[iteration].phases[phase].histograms
                .removeAll { $0.metric == "fsync.latency" }
            }
          }
        }
      }),
  ]

  /// Lines of a terminal window.
  private static let screenLines = 24

  @Test(arguments: cases)
  func theFirstScreenAnswers(_ case: Case) throws {
    let report = try RealRuns.report(`case`.input())
    #expect(`case`.answers.count >= 4)
    #expect(report.outcome == `case`.outcome)
    let text = report.text(width: 100, style: .plain)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // Wrapped lines are one text.
    let terminal = lines.prefix(Self.screenLines).map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: " ")
    let page = firstScreen(try document(report, "html"))
      .replacing(/<[^>]*>/, with: " ").replacing("&#39;", with: "'")
    for answer in `case`.answers + [Self.nextStep] {
      #expect(terminal.contains(answer), "text, \(answer): \(terminal)")
      #expect(
        page.contains(answer == "owner" ? "owners" : answer), "page, \(answer): \(page)")
    }
    if let titles = `case`.titles {
      #expect(terminal.contains(titles.text) && terminal.contains(titles.page), "\(terminal)")
      #expect(page.contains(titles.page), "\(page)")
    }
    #expect(!report.nextSteps.isEmpty)
  }

  /// Runs that are kept are judged as they were: a change of a verdict's bytes is deliberate.
  @Test(arguments: ["slow-disk", "unconfirmed", "crawl"])
  func keptRunsHaveTheirVerdict(_ name: String) throws {
    let verdict = try judge(RealRuns.check(name)).encoded()
    try expectSnapshot(String(decoding: verdict, as: UTF8.self), "real-\(name)-verdict.json")
  }
}
