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
        metric: "m@p", limit: 500_000, allowed: 0, state: .missed, unknown: 0, isWaived: true,
        text: "1 of 100 operations took longer")
    ]
    #expect(report.nextSteps == waived)
    #expect(
      report.text(width: 1000, style: .plain).contains(", 1 deadline not shown to be kept, waived"))
    report.deadlines?[0].state = .met
    #expect(report.nextSteps == [holds])
  }

  /// A budget below what matters may be open while equivalence is shown, and a quantile may lack
  /// events of the candidate alone.
  @Test func whatHoldsAPassBackIsNamed() throws {
    let tight = row(
      .noChange, isBlocking: true, note: "no change, yet not shown to be under its budget")
    var rare = VerdictReport.Row(
      metric: "n@p", unit: "ns", statistic: "p99", finding: .notMeasurable, isBlocking: true,
      note: "run c has 3 events, 5000 are needed")
    let report = report(.inconclusive, [tight, rare])
    #expect(report.sentence.hasSuffix("but 1 gating statistic could still be over budget"))
    #expect(
      self.report(.inconclusive, [rare]).sentence
        .hasSuffix("but 1 gating statistic could still be over budget"))
    #expect(report.nextSteps.count == 2)
    #expect(report.nextSteps[0].contains("raise the budget of m@p p50: it is smaller than"))
    #expect(report.nextSteps[1].contains("n@p p99 as the reference is: run c has 3 events"))
    let text = report.text(width: 200, style: .plain)
    #expect(text.contains("yet not shown to be under its budget"))
    #expect(text.contains("run c has 3 events, 5000 are needed"))
    #expect(!text.contains("Not shown"))
    #expect(try document(report, "junit").contains("tests=\"3\" failures=\"0\" errors=\"3\""))
    #expect(
      try document(report, "github-annotations").split(separator: "\n")
        .count { $0.hasPrefix("::warning ") } == 3)
    rare.isBlocking = false
    #expect(
      self.report(.pass, [row(.noChange), rare]).text(width: 200, style: .plain)
        .contains("Not shown: 1 no change, 1 not measurable"))
  }

  @Test func aRemarkIsNoReasonOfInvalidData() {
    let lost = row(.invalid, note: "run r1 lost 3% of the operations")
    var report = report(.invalid, [row(.noChange), lost])
    report.failure = FailureCause.invalidData.rawValue
    report.reasons = ["10 stored builds: at most 1% false alarms are promised from 16 on"]
    #expect(report.sentence == "m@p cannot be judged: run r1 lost 3% of the operations")
    // What invalidates all runs is a reason.
    report.failure = FailureCause.invalidRun.rawValue
    report.reasons = ["run r1 is invalid: suspended"]
    #expect(report.sentence == "run r1 is invalid: suspended")
  }

  /// A throughput that fell leads as a time that grew does, and is held against its budget in the same
  /// measure.
  @Test func lessOfWhatShouldBeMoreIsWorse() throws {
    var fell = VerdictReport.Row(
      metric: "read.rate@p", unit: "MB/s", statistic: "value", reference: 100, candidate: 70,
      change: -0.3, lower: -0.5, upper: -0.2, budget: 0.8, finding: .inconclusive, isBlocking: true,
      note: "worse, by at least 20%; not yet confirmed")
    fell.isHigherBetter = true
    var report = report(.inconclusive, [fell])
    #expect(report.lead?.metric == "read.rate@p")
    #expect(Conclusion(report).sentence.contains("looks worse on candidate"))
    // Half of it is 100% worse: beyond a budget of 80%.
    report.rows[0].upper = 0.1
    #expect(report.lead == nil)
    #expect(report.budgetLimit?.amount == "up to +100%, where 80.0% is allowed")
    // More of it is no worsening.
    report.rows[0].lower = 0.1
    report.rows[0].upper = 0.2
    #expect(report.lead == nil)
  }

  @Test func aMixtureThatIsComparedIsNotCalledLeftOut() throws {
    var rows = [row(.noChange)]
    rows[0].metric = "fsync.latency@p"
    var report = report(.pass, rows)
    report.probes = [.init(name: "fsync", reference: "tp_btf", candidate: "kprobe")]
    let compared = "fsync: tp_btf -> kprobe, compared all the same"
    #expect(report.text(width: 200, style: .plain).contains(compared))
    #expect(try document(report, "html").contains("differs, compared all the same"))
    report.rows[0].change = nil
    #expect(report.text(width: 200, style: .plain).contains("kprobe, so not compared"))
  }

  /// GitHub shows ten errors of a step.
  @Test func errorsOfBothKindsAreAmongTheTenThatAreShown() throws {
    var report = verdictReport
    report.rows = (0..<20).map { number in
      var one = row(.regression)
      one.metric = "m\(number)@p"
      return one
    }
    let late = VerdictReport.Deadline(
      metric: "late@p", limit: 5, allowed: 0, state: .missed, unknown: 0, isWaived: false,
      text: "too late")
    func errors(deadlines: Int) throws -> [Substring] {
      report.deadlines = Array(repeating: late, count: deadlines)
      let lines = try document(report, "github-annotations").split(separator: "\n")
      #expect(lines.count == 10)
      return lines
    }
    #expect(try errors(deadlines: 1).count { $0.contains("too late") } == 1)
    #expect(try errors(deadlines: 20).count { $0.contains("too late") } == 4)
    report.rows = [row(.noChange)]
    #expect(try errors(deadlines: 20).count { $0.contains("too late") } == 9)
  }
}
