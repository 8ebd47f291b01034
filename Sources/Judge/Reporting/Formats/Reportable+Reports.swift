extension VerdictReport: Reportable, BriefTextReport, JSONReport {
  package static var formats: [any ReportFormat<VerdictReport>] {
    commonFormats + [
      HTMLFormat(), MarkdownFormat(), JUnitFormat(), GitHubSummaryFormat(),
      GitHubAnnotationsFormat(), OpenMetricsFormat(), CSVFormat(), WhyFormat(),
      GitHubBenchmarkFormat(), BencherFormat(),
    ]
  }
}

extension RunReport: Reportable, BriefTextReport, JSONReport {
  package static var formats: [any ReportFormat<RunReport>] {
    commonFormats + [RunHTMLFormat(), FoldedFormat()]
  }
}

extension NoiseReport: Reportable, BriefTextReport, JSONReport {}
extension HistoryReport: Reportable, BriefTextReport, JSONReport {
  package static var formats: [any ReportFormat<HistoryReport>] {
    commonFormats + [HistoryHTMLFormat()]
  }
}

extension BuildReport: Reportable, WholeTextReport, JSONReport {
  package static var formats: [any ReportFormat<BuildReport>] {
    commonFormats + [BuildHTMLFormat()]
  }
}

extension PoolReport: Reportable, WholeTextReport, JSONReport {}
extension SurveyReport: Reportable, WholeTextReport, JSONReport {}
extension PreflightReport: Reportable, WholeTextReport, JSONReport {}
extension SimulationReport: Reportable, WholeTextReport, JSONReport {}
extension DeviceListing: Reportable, WholeTextReport, JSONReport {}
extension ProbeListing: Reportable, WholeTextReport, JSONReport {}
extension ProbeCards: Reportable, WholeTextReport, JSONReport {
  package static var formats: [any ReportFormat<ProbeCards>] {
    commonFormats + [ProbeReferenceFormat()]
  }
}
