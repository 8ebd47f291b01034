extension VerdictReport: Reportable, BriefTextReport, JSONReport {}
extension RunReport: Reportable, BriefTextReport, JSONReport {}
extension NoiseReport: Reportable, BriefTextReport, JSONReport {}
extension HistoryReport: Reportable, BriefTextReport, JSONReport {}

extension PoolReport: Reportable, WholeTextReport, JSONReport {}
extension SurveyReport: Reportable, WholeTextReport, JSONReport {}
extension PreflightReport: Reportable, WholeTextReport, JSONReport {}
extension SimulationReport: Reportable, WholeTextReport, JSONReport {}
extension DeviceListing: Reportable, WholeTextReport, JSONReport {}
extension ProbeListing: Reportable, WholeTextReport, JSONReport {}
