/// Workflow commands that GitHub Actions shows as annotations: an error for each metric that fails
/// the firmware, a warning for what keeps it from passing.
struct GitHubAnnotationsFormat: ReportFormat {
  let name = "github-annotations"
  let summary = "error and warning lines for GitHub's log"

  /// GitHub shows ten of a kind for a step.
  private static let most = 10

  func document(_ report: VerdictReport, _ layout: ReportLayout) -> String {
    let conclusion = Conclusion(report)
    let kind =
      switch report.outcome {
      case .pass: "notice"
      case .regression, .invalid: "error"
      case .inconclusive: "warning"
      }
    var lines = [Self.command(kind, "latgate: \(conclusion.word)", conclusion.sentence)]
    let failing = report.rows.filter(\.isRegression)
      .sorted { abs($0.change ?? 0) > abs($1.change ?? 0) }
      .map { Self.command("error", $0.metric, $0.line) }
    let missed = (report.deadlines ?? []).filter(\.isMissed)
      .map { Self.command("error", $0.metric, $0.text) }
    // They share the errors that are shown; neither kind shall hide the other.
    let room = Self.most - 1
    let first = failing.prefix(max(room - missed.count, (room + 1) / 2))
    lines += first + missed.prefix(room - first.count)
    let open = report.rows.filter(\.isHeldBack)
    lines += open.prefix(Self.most - 1).map { Self.command("warning", $0.metric, $0.line) }
    return lines.map { $0 + "\n" }.joined()
  }

  /// `::error title=T::text`, escaped as the runner's toolkit does.
  private static func command(_ kind: String, _ title: String, _ text: String) -> String {
    func data(_ text: String) -> String {
      singleLine(text).replacing("%", with: "%25")
    }
    let property = data(title).replacing(":", with: "%3A").replacing(",", with: "%2C")
    return "::\(kind) title=\(property)::\(data(text))"
  }
}
