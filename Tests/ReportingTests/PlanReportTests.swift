import RegressionAnalysis
import Testing

@testable import Reporting

@Suite struct PlanReportTests {
  private func report(
    confirmRuns: Int = 4, time: (least: Duration, most: Duration)?, deviation: Double?
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
      layout: "in turn", screenRuns: 4, confirmRuns: confirmRuns, time: time,
      source: "as 12 runs before",
      forecast: profile.map {
        DesignForecast(profile: $0, policy: policy, runs: 4, confirmRuns: confirmRuns)
      })
  }

  @Test func costAndWhatIsFoundAreALineEach() throws {
    let report = report(time: (.seconds(60), .seconds(120)), deviation: 0.01)
    let lines = report.text(width: 200).split(separator: "\n").map(String.init)
    #expect(
      lines.first == "plan: 4 + 4 runs in turn, 4 + 4 fresh ones where something moved: "
        + "60 s, or 2 min with the fresh ones (as 12 runs before)")
    let finds = try #require(lines.last)
    #expect(lines.count == 2)
    let entries = try #require(report.forecast).entries
    let worst = try #require(entries.last?.detects)
    #expect(worst > (try #require(entries[1].detects)))
    // The worst of a metric's labels speaks for it.
    #expect(finds.hasPrefix("finds: with 80% power, worse by disk.time "))
    #expect(finds.hasSuffix("fsync.latency p50 \(humanShare(worst))"))
  }

  @Test func whatIsUnknownIsSaid() {
    let text = report(confirmRuns: 0, time: nil, deviation: nil).text(width: 200)
    #expect(text.contains("plan: 4 + 4 runs in turn; nobody knows yet how long a run takes"))
    #expect(text.contains("finds: unknown"))
  }

  @Test func budgetsThatCannotBeShownAreNamed() {
    let report = report(time: (.seconds(60), .seconds(120)), deviation: 0.06)
    #expect(report.text(width: 200).contains("smaller than that for disk.time 10.0%"))
    let message = report.blind(limit: .seconds(130))
    #expect(message.what == "in 2 min this bench cannot show the suite's budgets")
    #expect(message.details.contains { $0.hasPrefix("blind:") })
    #expect(report.tooShort(limit: .seconds(20)).what.hasPrefix("20 s are too short: 4 + 4 runs"))
  }
}
