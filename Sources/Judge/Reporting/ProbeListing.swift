import Catalogs
import Foundation

/// The table of `latgate probes`.
package struct ProbeListing: Sendable {
  private let probes: [ProbeManifest]

  package init(_ probes: [ProbeManifest]) {
    self.probes = probes.sorted { $0.name < $1.name }
  }

  /// A table for people: name, cost and metrics, below each the question it answers.
  package func text(width: Int, style: TextStyle) -> String {
    var table = TextTable(columns: [
      .init(title: "probe"), .init(title: "cost"), .init(title: "metrics", isElastic: true),
    ])
    for probe in probes {
      table.add(
        .init(probe.name, .strong), .init(probe.cost.rawValue),
        .init(probe.metrics.map(\.name).joined(separator: ", ")))
      for line in wrapped(probe.question, width: width - 2) {
        table.rows.append(.heading(.init("  \(line)", .dim)))
      }
    }
    return table.lines(width: width, style: style).map { $0 + "\n" }.joined()
  }

  /// Everything a manifest says that a user may want, schema `latgate.probes/1`.
  package func json() throws -> Data {
    try encodedJSON(Document(probes: probes.map(Document.Probe.init)))
  }

  private struct Document: Encodable {
    struct Metric: Encodable {
      var name: String
      var kind: String
      var help: String
      var unit: String
      var labels: [String]
    }

    struct Probe: Encodable {
      var name: String
      var title: String
      var question: String
      var cost: String
      var privacy: String
      var comparedWith: String?
      var metrics: [Metric]

      init(_ probe: ProbeManifest) {
        name = probe.name
        title = probe.title
        question = probe.question
        cost = probe.cost.rawValue
        privacy = probe.privacy.rawValue
        comparedWith = probe.comparedWith
        metrics = probe.metrics.map { metric in
          Metric(
            name: metric.name, kind: metric.kind.rawValue, help: metric.help, unit: metric.unit,
            labels: metric.key.filter { $0.kind != .padding }.map(\.name))
        }
      }
    }

    var schema = "latgate.probes/1"
    var probes: [Probe]
  }
}
