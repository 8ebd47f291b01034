import RegressionAnalysis
import Testing

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
    // The worst of a metric's labels speaks for it.
    #expect(finds.hasPrefix("finds: with 80% power, worse by disk.time "))
    #expect(finds.hasSuffix("fsync.latency p50 \(humanShare(worst))"))
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
}
