/// A page for browsers, printers and attachments.
struct HTMLFormat: ReportFormat {
  let name = "html"
  let summary = "one page for a browser"

  func document(_ report: VerdictReport, _ layout: ReportLayout) -> String {
    VerdictPage(report).html
  }
}

/// A page of one run, without any judgement.
struct RunHTMLFormat: ReportFormat {
  let name = "html"
  let summary = "one page for a browser"

  func document(_ report: RunReport, _ layout: ReportLayout) -> String {
    RunPage(report).html
  }
}

/// A page of a build over devices and suites.
struct BuildHTMLFormat: ReportFormat {
  let name = "html"
  let summary = "one page for a browser"

  func document(_ report: BuildReport, _ layout: ReportLayout) -> String {
    BuildPage(report).html
  }
}

/// A page of metrics over builds.
struct HistoryHTMLFormat: ReportFormat {
  let name = "html"
  let summary = "one page for a browser"

  func document(_ report: HistoryReport, _ layout: ReportLayout) -> String {
    HistoryPage(report).html
  }
}
