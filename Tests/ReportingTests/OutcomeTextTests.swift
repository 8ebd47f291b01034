import RegressionAnalysis
import Testing

@testable import Reporting

/// A report's words say what its rows do.
struct OutcomeTextTests {
  private func row(
    _ finding: VerdictReport.Finding, lower: Double = -0.01, upper: Double = 0.02,
    isBlocking: Bool = false, note: String = ""
  ) -> VerdictReport.Row {
    .init(
      metric: "m@p", unit: "ns", statistic: "p50", reference: 1000, candidate: 1005, change: 0.005,
      lower: lower, upper: upper, budget: 0.01, finding: finding, isBlocking: isBlocking, note: note
    )
  }

  private func report(
    _ outcome: VerdictReport.Outcome, _ rows: [VerdictReport.Row]
  ) -> VerdictReport {
    var report = VerdictReport(
      outcome: outcome, exitCode: 0, grade: "interleaved", confidence: 0.95, rows: rows,
      reference: [record()], candidate: [record(firmware: "candidate")], reasons: [])
    if outcome == .inconclusive { report.failure = FailureCause.budgetOpen.rawValue }
    return report
  }

  @Test func aPassByAWaiverDoesNotSayThatAllBudgetsHold() throws {
    let holds = "nothing to do: every budget of the suite holds"
    var report = report(.pass, [row(.noChange)])
    #expect(report.nextSteps == [holds])
    report.rows.append(row(.regression))
    report.rows[1].isWaived = true
    let waived = ["nothing to do now: what does not hold is waived, until its waiver expires"]
    #expect(report.nextSteps == waived)
    report.rows.removeLast()
    report.deadlines = [
      .init(
        metric: "m@p", limit: 500_000, allowed: 0, state: "missed", unknown: 0, isWaived: true,
        text: "1 of 100 operations took longer")
    ]
    #expect(report.nextSteps == waived)
    #expect(
      report.text(width: 1000, style: .plain).contains(", 1 deadline not shown to be kept, waived"))
    report.deadlines?[0].state = "met"
    #expect(report.nextSteps == [holds])
  }
}
