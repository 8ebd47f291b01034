import LatencyHistograms
import RunRecords
import Testing

@testable import RegressionAnalysis
@testable import Reporting

@Suite struct PlanReportTests {
  private func report(
    mostRuns: Int = 16, time: PlanReport.Time?, deviation: Double?
  ) -> PlanReport {
    let policy = VerdictPolicy(
      budgets: [MetricBudget(pattern: "disk.time", budget: 0.10)], gating: ["disk.*", "fsync.*"])
    let profile = deviation.map { deviation in
      let variance = deviation * deviation
      return NoiseProfile(entries: [
        NoiseEntry(
          metric: "disk.time", statistic: .value, variance: variance, degreesOfFreedom: 30),
        NoiseEntry(
          metric: "fsync.latency{fs=ext4}@a", statistic: .quantile(0.5), variance: variance,
          degreesOfFreedom: 30),
        NoiseEntry(
          metric: "fsync.latency{fs=f2fs}@b", statistic: .quantile(0.5), variance: 4 * variance,
          degreesOfFreedom: 30),
      ])
    }
    return PlanReport(
      layout: "in turn", runs: 8, looks: Array(3...mostRuns), mostRuns: mostRuns, time: time,
      source: "as 12 runs before",
      forecast: profile.map {
        DesignForecast(profile: $0, policy: policy, runs: 8)
      })
  }

  @Test func costAndWhatIsFoundAreALineEach() throws {
    let report = report(
      time: .init(first: .seconds(45), planned: .seconds(120), most: .seconds(240)), deviation: 0.01
    )
    let lines = report.text(width: 200).split(separator: "\n").map(String.init)
    #expect(
      lines.first == "plan: 8 + 8 runs in turn, ended as soon as it is clear from 3 + 3 on, "
        + "up to 16 + 16 where something is left open: 45 s at least, 2 min, 4 min at most "
        + "(as 12 runs before)")
    let finds = try #require(lines.last)
    #expect(lines.count == 2)
    let entries = try #require(report.forecast).entries
    let worst = try #require(entries.last?.detects)
    #expect(worst > (try #require(entries[1].detects)))
    // The worst of a metric's labels represents it.
    #expect(finds.hasPrefix("finds: with 80% power, worse by disk.time "))
    #expect(finds.hasSuffix("fsync.latency p50 \(humanShare(worst))"))
  }

  @Test func chosenIterationsAreExplained() throws {
    var report = report(mostRuns: 8, time: nil, deviation: nil)
    let noise = MetricNoise(
      metric: "disk.time", statistic: .value, gating: true, runs: 8, degreesOfFreedom: 7,
      variance: 0.0001, withinDeviation: 0.04, runDeviation: 0.02, flashDeviation: nil,
      autocorrelation: 0, drift: 0, driftP: 1, modes: nil, threshold: 0.03, floor: 0.01,
      detectable: [], source: .runs)
    report.iterations = IterationChoice(
      noise: [noise], policy: VerdictPolicy(), boot: 40, iteration: 2)
    #expect(
      report.text(width: 200).contains(
        "iterations: 9 a run, chosen by cost: disk.time scatters by 4.0% between iterations and "
          + "2.0% between runs\n"))
  }

  @Test func whatIsUnknownIsSaid() {
    let text = report(mostRuns: 8, time: nil, deviation: nil).text(width: 200)
    #expect(text.contains("from 3 + 3 on; how long a run takes is not known yet"))
    #expect(text.contains("finds: unknown"))
  }

  @Test func budgetsThatCannotBeShownAreNamed() {
    let report = report(
      time: .init(first: .seconds(45), planned: .seconds(120), most: .seconds(240)), deviation: 0.06
    )
    #expect(report.text(width: 200).contains("smaller than that for disk.time 10.0%"))
    let message = report.blind(limit: .seconds(130))
    #expect(message.what == "in 2 min this bench cannot show the suite's budgets")
    #expect(message.details.contains { $0.hasPrefix("blind:") })
    #expect(report.tooShort(limit: .seconds(20)).what.hasPrefix("20 s are too short: 8 + 8 runs"))
  }

  private static func run(fsyncs: UInt64, dropped: Bool = false) -> RunRecord {
    var record = record()
    record.iterations = [false, dropped].enumerated().map { index, isDropped in
      var iteration = IterationRecord(
        index: index, kind: .measured, startedUptimeNs: 0,
        phases: [
          PhaseRecord(
            name: "a", durationNs: 1, drainNs: 0,
            histograms: [
              HistogramRecord(
                metric: "fsync.latency", labels: ["fs": "ext4"], count: fsyncs, sum: 1, max: 1,
                buckets: [[1, fsyncs]]),
              HistogramRecord(
                metric: "block.total", count: 400, sum: 1, max: 1, buckets: [[1, 400]]),
            ], losses: [], scalars: [], steps: [])
        ])
      if isDropped { iteration.dropped = "hot" }
      return iteration
    }
    return record
  }

  @Test func eventsThatAreTooFewAreSaidBefore() throws {
    let policy = VerdictPolicy(gating: ["fsync.*"])
    let events = try #require(
      ExpectedEvents(records: [Self.run(fsyncs: 2)], iterations: 3, policy: policy))
    // What decides alone; 2 events an iteration, three of them.
    #expect(
      events.metrics == [.init(text: "fsync.latency{fs=ext4}@a", events: 6, needed: 10)])
    let text = PlanReport(
      layout: "in turn", runs: 8, looks: [8], mostRuns: 8, time: nil, source: "", forecast: nil,
      events: events
    ).text(width: 400)
    #expect(text.contains("events: a run will have about fsync.latency 6\n"))
    #expect(
      text.contains(
        "too few: no quantile of these can be judged with fewer than 10 events a run: "
          + "fsync.latency{fs=ext4}@a (6); let the workload do more operations, or give "
          + "--iterations 5, or do not let them decide"))
  }

  @Test func enoughEventsAreCountedAndNotBlamed() throws {
    let events = try #require(
      ExpectedEvents(
        records: [Self.run(fsyncs: 50, dropped: true)], iterations: 2, policy: VerdictPolicy()))
    #expect(events.metrics.map(\.events) == [800, 100])
    #expect(events.metrics.map(\.isMeasurable) == [true, true])
    let text = PlanReport(
      layout: "in turn", runs: 8, looks: [8], mostRuns: 8, time: nil, source: "", forecast: nil,
      events: events
    ).text(width: 400)
    #expect(text.contains("block.total 800, fsync.latency 100"))
    #expect(!text.contains("too few"))
    #expect(ExpectedEvents(records: [], iterations: 2, policy: VerdictPolicy()) == nil)
  }
}
