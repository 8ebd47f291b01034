import FleetAnalysis
import Foundation
import RegressionAnalysis

/// A campaign's verdict, for people and for machines.
package struct CampaignReport: Sendable, Equatable {
  package var verdict: FleetVerdict
  package var campaign: String

  package init(_ verdict: FleetVerdict, campaign: String) {
    self.verdict = verdict
    self.campaign = campaign
  }
}

extension CampaignReport: Reportable, WholeTextReport, JSONReport {
  private struct Document: Encodable {
    var schema = "latgate.fleet-verdict/1"
    var campaign: String
    var verdict: FleetVerdict
  }

  package func json() throws -> Data {
    try encodedJSON(Document(campaign: campaign, verdict: verdict))
  }

  package func text(width: Int, style: TextStyle) -> String {
    let (word, emphasis): (String, Emphasis) =
      switch verdict.outcome {
      case .promote: ("PROMOTE", .good)
      case .stop: ("STOP", .bad)
      case .goOn: ("GO ON", .dim)
      case .guardFailed: ("GUARD FAILED", .bad)
      }
    var lines = [
      emphasis.applied(to: word, style)
        + "  \(verdict.candidate) against \(verdict.control), \(verdict.hours) h since the offer"
    ]
    lines += verdict.reasons.flatMap { wrapped("- \($0)", width: width) } + [""]
    if !verdict.comparisons.isEmpty {
      var table = Listing([
        .init("metric"), .init("change", isNumber: true), .init("between", isNumber: true),
        .init("at worst", isNumber: true), .init("budget", isNumber: true), .init("devices of"),
      ])
      for one in verdict.comparisons {
        table.add([
          "\(one.metric) p\(Int((one.quantile * 100).rounded()))", percent(one.change),
          "\(percent(one.low)) and \(percent(one.high))", percent(one.worst),
          one.budget.map(percent) ?? "-", one.model ?? "all models",
        ])
      }
      lines += [table.text(width: width, style: style)]
    }
    for one in verdict.guards {
      lines.append("\(one.isMet ? "met   " : "FAILED") \(one.name.rawValue): \(one.text)")
    }
    if !verdict.release.models.isEmpty {
      lines.append("")
      for one in verdict.release.models {
        lines.append(
          "\(one.models.filter { !$0.isEmpty }.joined(separator: ", ")): at least \(one.candidate) "
            + "devices of the candidate, \(one.control) of the control")
      }
    }
    return lines.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined()
  }
}
