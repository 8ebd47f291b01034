import FleetAnalysis
import Foundation
import RegressionAnalysis

/// A campaign's verdict, for people and for machines.
package struct CampaignReport: Codable, Sendable, Equatable {
  package var schema = "latgate.fleet-verdict/1"
  package var campaign: String
  /// Build under test.
  package var build: String
  /// When it was first offered, and when this was looked at, such as `2030-01-31T12:00:00Z`.
  package var offered: String
  package var asOf: String
  package var verdict: FleetVerdict

  package init(
    _ verdict: FleetVerdict, campaign: String, build: String, offered: String, asOf: String
  ) {
    self.verdict = verdict
    self.campaign = campaign
    self.build = build
    self.offered = offered
    self.asOf = asOf
  }

  /// Reads what ``json()`` wrote.
  package init(json: Data) throws { self = try JSONDecoder().decode(Self.self, from: json) }
}

extension FleetVerdict.Outcome {
  /// In the words of documents.
  var word: String {
    switch self {
    case .promote: "promote"
    case .stop: "stop"
    case .goOn: "go on"
    case .guardFailed: "guard failed"
    }
  }
}

extension CampaignReport: Reportable, WholeTextReport, JSONReport {
  package func json() throws -> Data { try encodedJSON(self) }

  package func text(width: Int, style: TextStyle) -> String {
    let emphasis: Emphasis =
      switch verdict.outcome {
      case .promote: .good
      case .stop, .guardFailed: .bad
      case .goOn: .dim
      }
    var lines = [
      emphasis.applied(to: verdict.outcome.word.uppercased(), style)
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
