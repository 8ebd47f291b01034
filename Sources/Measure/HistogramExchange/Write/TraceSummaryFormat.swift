import LatencyHistograms
import RunRecords

/// A perfetto TraceSummary (protos/perfetto/trace_summary): what Tradefed puts into dashboards. A bundle
/// is one metric; its values are numbers of events and quantiles; the run, the firmware, the phase and
/// every label are dimensions.
struct TraceSummaryFormat: HistogramFormat {
  let name = "trace-summary"
  let summary = "a perfetto TraceSummary, for dashboards of its metrics"

  /// Values of enumerations in v2_metric.proto: a text, each set of dimensions once, lower is better.
  private static let text: UInt64 = 1
  private static let unique: UInt64 = 2
  private static let lowerIsBetter: UInt64 = 2

  func bytes(_ runs: [RecordedRun]) -> [UInt8] {
    var summary = ProtobufWriter()
    for (metric, rows) in rows(of: runs).sorted(by: { $0.key < $1.key }) {
      summary.message(3) { bundle(metric, rows, &$0) }
    }
    for run in runs {
      for fact in run.facts {
        summary.message(2) { entry in
          entry.text(1, runs.count == 1 ? fact.name : "\(run.id).\(fact.name)")
          entry.text(2, fact.value)
        }
      }
    }
    return summary.bytes
  }

  private func bundle(_ metric: String, _ rows: [Row], _ bundle: inout ProtobufWriter) {
    let id = Self.id(metric)
    let labels = Set(rows.flatMap(\.labels.keys)).sorted()
    bundle.text(1, id)
    for row in rows {
      bundle.message(2) { entry in
        for statistic in Statistic.all {
          entry.message(1) { field in
            guard let value = statistic.value(row) else { return field.message(1) { _ in } }
            field.double(2, value)
          }
        }
        for dimension in row.place + labels.map({ row.labels[$0] }) {
          entry.message(2) { field in
            if let dimension { field.text(1, dimension) } else { field.message(4) { _ in } }
          }
        }
      }
    }
    for statistic in Statistic.all {
      bundle.message(3) { spec in
        spec.text(1, "\(id)_\(statistic.name)")
        spec.text(3, statistic.name)
        for dimension in ["run", "firmware", "phase"] + labels {
          spec.message(5) { field in
            field.text(1, dimension)
            field.integer(2, Self.text)
          }
        }
        spec.integer(6, Self.unique)
        spec.text(7, id)
        statistic.writeUnit(rows.first?.unit ?? "", &spec)
        if statistic.isTime(rows.first?.unit) { spec.integer(10, Self.lowerIsBetter) }
      }
    }
  }

  /// By perfetto's convention in lower case with underscores.
  private static func id(_ metric: String) -> String {
    let letters = metric.map { $0.isLetter || $0.isNumber ? $0.lowercased() : "_" }
    return "latgate_\(letters.joined())"
  }

  /// One set of dimensions of a metric. A set has one value (v2_metric.proto).
  private struct Row {
    var place: [String?]
    var labels: [String: String]
    var unit: String
    var total: LatencyHistogram
  }

  private func rows(of runs: [RecordedRun]) -> [String: [Row]] {
    var found: [String: [Row]] = [:]
    for run in runs {
      let firmware = run.facts.first { $0.name == "firmware" }?.value
      for metric in run.metrics {
        found[metric.id.name, default: []].append(
          Row(
            place: [run.id, firmware, metric.id.phase], labels: metric.id.labels,
            unit: metric.id.unit, total: metric.total))
      }
    }
    return found
  }

  /// What a histogram says in one number.
  private struct Statistic {
    let name: String
    /// Nil = a number of events.
    let quantile: Double?

    static let all = [
      Self(name: "events", quantile: nil), Self(name: "p50", quantile: 0.5),
      Self(name: "p90", quantile: 0.9), Self(name: "p99", quantile: 0.99),
    ]

    func value(_ row: Row) -> Double? {
      guard let quantile else { return Double(row.total.count) }
      return row.total.quantile(quantile)
    }

    func isTime(_ unit: String?) -> Bool { quantile != nil && unit == "ns" }

    /// `MetricUnit`: 1 is a count, 2 ns; another unit is a text.
    func writeUnit(_ unit: String, _ spec: inout ProtobufWriter) {
      if quantile == nil {
        spec.integer(8, 1)
      } else if unit == "ns" {
        spec.integer(8, 2)
      } else if !unit.isEmpty {
        spec.text(9, unit)
      }
    }
  }
}
