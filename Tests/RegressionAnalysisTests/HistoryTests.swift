import Foundation
import RunRecords
import Testing

@testable import RegressionAnalysis

@Suite struct HistoryTests {
  /// A run of one build with one scalar.
  private func run(
    _ build: String, _ value: Double, better: ScalarRecord.Better = .lower,
    id: String = UUID().uuidString
  ) -> RunRecord {
    var made = record(
      id: id, isCandidate: false, order: 0,
      iterations: [
        iteration(
          0, scalars: [ScalarRecord(metric: "time", unit: "ms", value: value, better: better)])
      ])
    made.firmware.id = build
    made.experiment = nil
    return made
  }

  /// Builds b0, b1, … with two runs each near the values given.
  private func history(
    _ values: [Double], better: ScalarRecord.Better = .lower, noise: Double = 0.004
  ) -> BuildHistory {
    var random = SeededGenerator(seed: 7)
    var history = BuildHistory(builds: values.indices.map { "b\($0)" })
    for (index, value) in values.enumerated() {
      for _ in 0..<2 {
        history.add(run("b\(index)", value * exp(noise * random.normal()), better: better))
      }
    }
    return history
  }

  @Test func aStepIsFoundAtItsBuildAndHasItsSize() throws {
    let found = history(Array(repeating: 100, count: 9) + Array(repeating: 108, count: 8))
      .histories(matching: ["time*"])
    let metric = try #require(found.first)
    #expect(metric.points.count == 17)
    #expect(metric.points[0].runs == 2)
    let step = try #require(metric.steps.first)
    #expect(metric.steps.count == 1)
    #expect(step.build == 9)
    #expect(abs(step.change - 0.08) < 0.01)
    #expect(step.isWorse)
  }

  @Test func moreOfAThroughputIsBetter() throws {
    let found = history(
      Array(repeating: 100, count: 9) + Array(repeating: 108, count: 8), better: .higher)
    #expect(found.histories(matching: ["*"]).first?.steps.first?.isWorse == false)
  }

  @Test func aTrifleIsNoStep() {
    let found = history(
      Array(repeating: 100, count: 9) + Array(repeating: 101, count: 9), noise: 0.0005)
    #expect(found.histories(matching: ["*"]).first?.steps.isEmpty == true)
  }

  @Test func onlyMatchingMetricsAndKnownBuildsCount() {
    var known = history([100, 100])
    known.add(run("unknown", 500))
    #expect(known.histories(matching: ["other*"]).isEmpty)
    #expect(known.histories(matching: ["*"]).first?.points.map(\.build) == [0, 1])
  }

  @Test func invalidRunsAndMetricsSayNothing() {
    var whole = run("b0", 100)
    whole.invalid = [InvalidMark(reason: "suspended")]
    #expect(RunLevels(whole).values.isEmpty)
    var one = run("b0", 100)
    one.invalid = [InvalidMark(metric: "time", reason: "parsed wrongly")]
    #expect(RunLevels(one).values.isEmpty)
    #expect(RunLevels(run("b0", 0)).values.isEmpty)
  }

  @Test func histogramsHaveTheQuantilesThatTheirEventsAllow() throws {
    let bench = Bench(runsPerArm: 1, iterations: 2, metrics: 1, events: 300)
    let levels = RunLevels(bench.records(seed: 1).reference[0])
    // 600 events: 50 lie beyond p90, not beyond p99.
    #expect(
      levels.values.keys.sorted().map(\.statistic) == [.quantile(0.5), .quantile(0.9)])
    let median = try #require(
      levels.values.first { $0.key.statistic == .quantile(0.5) }?.value)
    #expect(abs(median - log(100_000)) < 0.06)
    #expect(levels.values.keys.first?.id.rung == "tp_btf")
  }

  /// Those of other programs, which a verdict judges as well.
  @Test func histogramsWithoutAProbeHaveAHistory() {
    let bench = Bench(runsPerArm: 1, iterations: 2, metrics: 1, events: 300)
    var run = bench.records(seed: 1).reference[0]
    run.probes[0].status = .lost
    #expect(RunLevels(run).values.isEmpty)
    run.probes = []
    #expect(
      RunLevels(run).values.keys.sorted().map(\.statistic) == [.quantile(0.5), .quantile(0.9)])
  }

  /// The longest of them are not known, so that a verdict does not judge the quantile either.
  @Test func aQuantileAmongOpenOperationsHasNoHistory() {
    let bench = Bench(runsPerArm: 1, iterations: 2, metrics: 1, events: 300)
    var run = bench.records(seed: 1).reference[0]
    for place in run.iterations.indices {
      let metric = run.iterations[place].phases[0].histograms[0].metric
      run.iterations[place].phases[0].losses = [
        LossRecord(metric: metric, recorded: 300, censored: 10)
      ]
    }
    #expect(RunLevels(run).values.keys.map(\.statistic) == [.quantile(0.5)])
  }

  /// A metric of few events that a verdict judges has a history.
  @Test func aHistoryAsksForAsManyEventsAsAVerdict() throws {
    func statistics(events: Int, iterations: Int) -> [Statistic] {
      let bench = Bench(runsPerArm: 1, iterations: iterations, metrics: 1, events: events)
      return RunLevels(bench.records(seed: 1).reference[0]).values.keys.sorted().map(\.statistic)
    }
    let policy = VerdictPolicy()
    #expect(policy.eventsNeeded(for: 0.5) == 10)
    #expect(statistics(events: 10, iterations: 1) == [.quantile(0.5)])
    #expect(statistics(events: 5, iterations: 2) == [.quantile(0.5)])
    #expect(statistics(events: 9, iterations: 1).isEmpty)
    #expect(statistics(events: 500, iterations: 1) == [.quantile(0.5), .quantile(0.9)])
  }

  @Test func whatCreptAwayFromAReleaseIsFound() throws {
    let creeping = history((0..<12).map { 100 * pow(1.01, Double($0)) })
    let found = creeping.creep(since: "b2", matching: ["time*"])
    let first = try #require(found.first)
    #expect(first.creep.kind == .creep)
    #expect(first.creep.builds == 10)
    #expect(abs(first.creep.change - 0.094) < 0.01)
    #expect(creeping.creep(since: "gone", matching: ["*"]).isEmpty)
    let level = history(Array(repeating: 100, count: 12))
    #expect(level.creep(since: "b0", matching: ["*"]).isEmpty)
    let better = history((0..<12).map { 100 * pow(1.01, Double($0)) }, better: .higher)
    #expect(better.creep(since: "b0", matching: ["*"]).isEmpty)
  }

  @Test func aLevelIsStableUntilItDrifts() {
    let names = (0..<10).map { "b\($0)" }
    #expect(history(Array(repeating: 100, count: 10)).isStable(names))
    let creeping = history((0..<10).map { 100 * pow(1.01, Double($0)) })
    #expect(!creeping.isStable(names))
  }
}

@Suite struct BaselineWindowTests {
  private let builds = (0..<12).map { "b\($0)" }

  private func window(
    builds: [String]? = nil, failed: Set<String> = [], steps: [String] = [], size: Int = 16,
    isStable: Bool = true
  ) -> BaselineWindow {
    BaselineWindow(
      builds: builds ?? self.builds, failed: failed, steps: steps, size: size
    ) { _ in isStable }
  }

  @Test func theLastBuildsThatDidNotFail() {
    #expect(window(failed: ["b11", "b3"], size: 3).builds == ["b8", "b9", "b10"])
    #expect(window(builds: []).builds.isEmpty)
  }

  @Test func aStepIsFollowedFromItsFifthBuildOn() {
    let four = window(builds: Array(builds[..<11]), steps: ["b7"])
    #expect(four.builds == Array(builds[..<7]))
    #expect(four.pending == .init(build: "b7", builds: 4, isStable: true))
    let five = window(steps: ["b7"])
    #expect(five.builds == Array(builds[7...]))
    #expect(five.pending == nil)
  }

  @Test func aLevelThatDriftsIsNotFollowed() {
    let drifting = window(steps: ["b7"], isStable: false)
    #expect(drifting.builds == Array(builds[..<7]))
    #expect(drifting.pending?.isStable == false)
  }

  @Test func buildsJudgedAgainstTheOldLevelCount() {
    // b7 to b9 failed before the step was accepted and followed; b12 failed after it.
    let more = builds + ["b12", "b13"]
    let found = window(builds: more, failed: ["b7", "b8", "b9", "b12"], steps: ["b7"])
    #expect(found.builds == ["b7", "b8", "b9", "b10", "b11", "b13"])
  }

  @Test func aLevelEndsWhereTheNextOneBegins() {
    // What holds builds of both levels is not stable.
    let found = BaselineWindow(
      builds: builds + ["b12"], failed: [], steps: ["b5", "b10"], size: 16
    ) { !($0.contains("b9") && $0.contains("b10")) }
    #expect(found.builds == Array(builds[5..<10]))
    #expect(found.pending == .init(build: "b10", builds: 3, isStable: true))
  }

  @Test func aLevelOfFewBuildsIsNotMixedWithTheOneBefore() {
    let found = window(steps: ["b5", "b8"])
    #expect(found.builds == Array(builds[..<5]))
    #expect(found.pending == .init(build: "b8", builds: 4, isStable: true))
  }

  @Test func aStepOfABuildThatIsGoneIsNone() {
    #expect(window(steps: ["gone"]).builds == builds)
  }
}
