import Foundation
import LatencyHistograms
import RunRecords
import Testing

@testable import Reporting

struct RunReportTests {
  @Test func sumsUpJudgedIterationsOnly() throws {
    let report = RunReport(record())
    #expect(report.iterations == 2)
    #expect(report.dropped == ["hotter than 45 C"])
    let fsync = try #require(report.metrics.first)
    #expect(fsync.metric == "fsync.latency{fs=f2fs}@fsync-f2fs")
    #expect(fsync.rung == "raw_tp")
    #expect(fsync.count == 2 * 4 * 165)
    #expect(fsync.censored == 4)
    #expect(fsync.uncertain == ["p99"])
    #expect(report.metrics.last?.lossShare == 30.0 / 14_880)
    #expect(report.scalars.map(\.median) == [305.375])
  }

  @Test(arguments: [80, 120])
  func text(width: Int) throws {
    let text = RunReport(record()).text(width: width, style: .plain)
    try expectSnapshot(text, "run-\(width).txt")
    #expect(longestLine(text) <= width)
    #expect(withoutColour(RunReport(record()).text(width: width, style: .colour)) == text)
  }

  /// A probe that the kernel refused and that trace events stand in for says so; one that the user
  /// wanted there does not.
  @Test func saysWhichProbesFellToALowerTier() {
    var fallen = record()
    let refused =
      "T2: the kernel refused sched_wakeup__tp_btf\n12: R1 invalid mem access\nT1: not baked in"
    fallen.probes = [
      ProbeRecord(name: "runqueue", status: .loaded, tier: .t0, reason: refused),
      ProbeRecord(name: "sleep", status: .loaded, tier: .t0, reason: refused),
      ProbeRecord(name: "block", status: .loaded, tier: .t0, reason: "T2: --tier T0 was given"),
      ProbeRecord(name: "fsync", status: .loaded, tier: .t2),
    ]
    let lines = RunReport(fallen).text(width: 120, style: .plain).split(separator: "\n")
    #expect(
      lines.filter { $0.hasPrefix("probe") && $0.contains("tier") } == [
        "probes runqueue, sleep in tier T0, not T2: the kernel refused sched_wakeup__tp_btf"
      ])
    fallen.probes.removeFirst()
    #expect(
      RunReport(fallen).text(width: 120, style: .plain).contains(
        "\nprobe sleep in tier T0, not T2: the kernel refused sched_wakeup__tp_btf\n"))
  }

  /// A record of somebody else's may say anything.
  @Test func aDeviceThatWasAwayForAgesIsNoTrap() {
    for seconds in [1e300, -1e300] {
      var away = record()
      away.interruptions = [
        InterruptionRecord(
          cause: "unplugged", outcome: .resumed, powerCycles: .max, awaySeconds: seconds)
      ]
      #expect(
        RunReport(away).text(width: 400, style: .plain).contains("device away for "))
    }
  }

  @Test func fiftyEventsBeyondAQuantileAreEnough() {
    func uncertain(_ events: UInt64) -> [String]? {
      let phase = PhaseRecord(
        name: "p", durationNs: 1, drainNs: 0,
        histograms: [histogram("fsync.latency", [:], [(index: 200, count: events)])])
      // Two iterations are judged.
      return RunReport(record(phases: [phase])).metrics.first?.uncertain
    }
    #expect(uncertain(250) == ["p99"])
    #expect(uncertain(249) == ["p90", "p99"])
  }

  @Test func withoutAnyEvent() throws {
    var empty = record(phases: [])
    empty.overhead = nil
    empty.invalid = [InvalidMark(probe: "fsync", reason: "more operations ended than started")]
    try expectSnapshot(RunReport(empty).text(width: 80, style: .plain), "run-empty.txt")
  }

  /// Numbers of other programs: no tier measured them, and what they lost is not known.
  @Test func whatNoProbeMeasuredHasNeitherTierNorLoss() throws {
    var foreign = record()
    foreign.probes = []
    for index in foreign.iterations.indices {
      for phase in foreign.iterations[index].phases.indices {
        foreign.iterations[index].phases[phase].losses = []
      }
    }
    let report = RunReport(foreign)
    #expect(report.tier == nil)
    #expect(report.metrics.allSatisfy { $0.lossShare == nil })
    let text = report.text(width: 120, style: .plain)
    #expect(!text.contains("tier T"))
    let row = text.split(separator: "\n").first { $0.hasPrefix("fsync.latency{") }
    #expect(row?.hasSuffix(" -") == true, "\(text)")
  }

  /// Buckets of whole microseconds: a quantile is interpolated in its bucket, but not beyond it.
  @Test func noQuantileIsAboveTheLargestValue() throws {
    var coarse = record()
    var histogram = LatencyHistogram()
    histogram.record(1, times: 9)
    histogram.record(3, times: 991)
    for index in coarse.iterations.indices {
      for phase in coarse.iterations[index].phases.indices {
        coarse.iterations[index].phases[phase].histograms = [
          HistogramRecord(metric: "app.wait", labels: [:], unit: "us", histogram: histogram)
        ]
      }
    }
    let metric = try #require(RunReport(coarse).metrics.first { $0.metric.hasPrefix("app.wait") })
    #expect(metric.max == 3)
    #expect([metric.p50, metric.p90, metric.p99] == [3, 3, 3])
  }

  @Test func whatLostTooMuchIsSaidFirst() throws {
    let report = RunReport(record(), lossLimit: 0.001)
    let fault = "runqueue.wait@fsync-f2fs: 0.20% of its operations were lost (limit 0.10%)"
    #expect(report.faults == [fault])
    #expect(report.text(width: 120, style: .plain).hasPrefix(fault + "\n\n"))
    #expect(RunReport(record(), lossLimit: 0.01).faults == nil)
    #expect(RunReport(record()).faults == nil)
  }

  @Test func nothingMeasuredIsSaidFirst() throws {
    let nothing = "nothing was measured: no probe saw an event"
    #expect(RunReport(record(phases: []), lossLimit: 1).faults == [nothing])
    var dropped = record()
    for index in dropped.iterations.indices { dropped.iterations[index].dropped = "hot" }
    #expect(
      RunReport(dropped, lossLimit: 1).faults
        == ["nothing was measured: every iteration was dropped"])
    dropped.iterations = []
    #expect(
      RunReport(dropped, lossLimit: 1).faults == ["nothing was measured: there is no iteration"])
  }

  @Test func aScopeThatMatchedNothingIsSaidFirst() throws {
    var scoped = record(phases: [])
    scoped.scope = RunScope(kind: .comm, value: "sqlite3")
    for index in scoped.iterations.indices where scoped.iterations[index].isJudged {
      scoped.iterations[index].phases = [
        PhaseRecord(
          name: "now", durationNs: 1, drainNs: 0,
          losses: [LossRecord(metric: "fsync.latency", excluded: 21)])
      ]
    }
    let report = RunReport(scoped, lossLimit: 1)
    let fault = "comm sqlite3 matched nothing: of 42 operations in the window not one was of it"
    #expect(report.faults == [fault])
    #expect(report.scopeMatchedNothing)
    let text = report.text(width: 120, style: .plain)
    #expect(text.hasPrefix(fault + "\n\n"), "\(text)")
    #expect(text.contains(", comm sqlite3 only\n"), "\(text)")
    scoped.scope = nil
    #expect(!RunReport(scoped, lossLimit: 1).scopeMatchedNothing)
    #expect(!RunReport(record()).scopeMatchedNothing)
  }

  @Test func json() throws {
    let data = try RunReport(record()).json()
    try expectSnapshot(String(decoding: data, as: UTF8.self), "run.json")
  }
}
