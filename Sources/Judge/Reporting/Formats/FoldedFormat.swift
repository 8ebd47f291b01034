import RunRecords

/// Brendan Gregg's folded stacks: a line for each stack, frames from the outermost, then its weight.
struct FoldedFormat: ReportFormat {
  let name = "folded"
  let summary = "a line for each stack, as flamegraph.pl and speedscope read it"

  func document(_ report: RunReport, _ layout: ReportLayout) -> String {
    (report.stacks ?? []).map { $0.folded.lines() }.joined()
  }
}
