import Foundation
import POSIXSupport
import Reporting

/// Verdicts of campaigns as files, `<campaign>/<time of the look>.json`: what a dashboard shows of
/// them.
package struct KeptVerdicts: Sendable {
  private let directory: String

  package init(directory: String) { self.directory = directory }

  /// Where a collector's dashboard looks for them.
  static func directory(ofCollector directory: String) -> String { directory + "/verdicts" }

  /// Keeps a verdict; another look of the same time replaces it.
  package func keep(_ report: CampaignReport) throws {
    let own = "\(directory)/\(report.campaign)"
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    let time = report.asOf.replacing(":", with: "-")
    try AtomicFile.write(try report.json(), to: "\(own)/\(time)-\(report.verdict.candidate).json")
  }
}
