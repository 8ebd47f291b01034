import Foundation
import LatencyHistograms

/// Prometheus's text format: a histogram for each run and metric, in seconds.
///
/// All series of a family have the same buckets, so that they can be added up. A bucket ends where
/// the next begins, as `histogram_quantile` interpolates between edges: it gives latgate's quantiles.
package struct PrometheusFormat: HistogramFormat {
  package let name = "prometheus"
  package let summary = "Prometheus's text format, histograms"

  package init() {}

  package func bytes(_ runs: [RecordedRun]) -> [UInt8] {
    var lines: [String] = []
    for family in PrometheusFamily.all(runs) {
      lines += ["# HELP \(family.name) \(family.help)", "# TYPE \(family.name) histogram"]
      let edges = family.edges
      for series in family.series {
        let labels = series.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
          .joined(separator: ",")
        var count: UInt64 = 0
        var buckets = series.histogram.sparse[...]
        let layout = series.histogram.layout
        for edge in edges {
          while let bucket = buckets.first, layout.bounds(of: bucket.index).upper <= edge {
            count += bucket.count
            buckets.removeFirst()
          }
          lines.append(
            "\(family.name)_bucket{\(labels),le=\"\(Double(edge) * family.unit)\"} \(count)")
        }
        lines += [
          "\(family.name)_bucket{\(labels),le=\"+Inf\"} \(series.histogram.count)",
          "\(family.name)_sum{\(labels)} \(Double(series.histogram.sum) * family.unit)",
          "\(family.name)_count{\(labels)} \(series.histogram.count)",
        ]
      }
    }
    return Array((lines.map { $0 + "\n" }.joined()).utf8)
  }

  /// By code points: a quote with an accent, or a line feed behind a return, is another character
  /// to Swift, but not to who reads this.
  private static func escaped(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\", "\"": escaped.append(contentsOf: ["\\", scalar])
      case "\n": escaped.append(contentsOf: ["\\", "n"])
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }

  /// The same as protocol buffers, each message behind its length: Prometheus asks for it to get
  /// native histograms, whose buckets are ``ExponentialBuckets``.
  package func native(_ runs: [RecordedRun]) -> [UInt8] {
    var stream = ProtobufWriter()
    var bytes: [UInt8] = []
    for family in PrometheusFamily.all(runs) {
      var message = ProtobufWriter()
      message.text(1, family.name)
      message.text(2, family.help)
      message.integer(3, 4)
      for series in family.series {
        message.message(4) { metric in
          for label in series.labels {
            metric.message(1) { pair in
              pair.text(1, label.name)
              pair.text(2, label.value)
            }
          }
          metric.message(7) { Self.native(series.histogram, family.unit, &$0) }
        }
      }
      stream = ProtobufWriter()
      stream.varint(UInt64(message.bytes.count))
      bytes += stream.bytes + message.bytes
    }
    return bytes
  }

  private static func native(
    _ histogram: LatencyHistogram, _ unit: Double, _ writer: inout ProtobufWriter
  ) {
    let buckets = ExponentialBuckets(histogram, unit: unit)
    writer.integer(1, histogram.count)
    writer.double(2, Double(histogram.sum) * unit)
    writer.signed(5, Int64(ExponentialBuckets.scale))
    writer.double(6, unit / 2)
    writer.integer(7, buckets.zeroCount)
    guard !buckets.counts.isEmpty else { return }
    writer.message(12) { span in
      // Its indexes are those of upper edges.
      span.signed(1, Int64(buckets.offset) + 1)
      span.integer(2, UInt64(buckets.counts.count))
    }
    var last: Int64 = 0
    writer.signed(
      13,
      packed: buckets.counts.map { count in
        defer { last = Int64(clamping: count) }
        return Int64(clamping: count) - last
      })
  }
}

/// Histograms of one unit.
private struct PrometheusFamily {
  struct Series {
    var labels: [(name: String, value: String)]
    var histogram: LatencyHistogram
  }

  var name: String
  var help: String
  /// What one unit of the values is in the family's.
  var unit: Double
  var series: [Series]

  /// Where buckets begin and end in any of the series, ascending.
  var edges: [UInt64] {
    var edges: Set<UInt64> = []
    for one in series {
      for bucket in one.histogram.sparse {
        let bounds = one.histogram.layout.bounds(of: bucket.index)
        edges.formUnion([bounds.lower, bounds.upper])
      }
    }
    return edges.sorted()
  }

  static func all(_ runs: [RecordedRun]) -> [PrometheusFamily] {
    var found: [String: [Series]] = [:]
    for run in runs {
      for metric in run.metrics {
        var labels = [("run", run.id)] + run.facts.map { ($0.name, $0.value) }
        labels += [("metric", metric.id.name), ("phase", metric.id.phase)]
        // A metric's own label must not take the place of one of these, nor of another one that is
        // written alike.
        var taken = Set(labels.map(\.0)).union(["le"])
        for (key, value) in metric.id.labels.sorted(by: { $0.key < $1.key }) {
          var name = key.isEmpty ? "_" : word(key)
          while !taken.insert(name).inserted { name = "label_\(name)" }
          labels.append((name, value))
        }
        found[metric.id.unit, default: []].append(
          Series(labels: labels.map { (name: $0.0, value: $0.1) }, histogram: metric.total))
      }
    }
    var names: Set<String> = []
    return found.sorted { $0.key < $1.key }.map { unit, series in
      let isTime = unit == "ns"
      var name = isTime ? "latgate_latency_seconds" : "latgate_values_\(word(unit))"
      // A family is declared once, and has one unit.
      while !names.insert(name).inserted { name += "_" }
      return PrometheusFamily(
        name: name,
        help: "What a run measured of a metric, over its judged iterations.",
        unit: isTime ? 1e-9 : 1, series: series)
    }
  }

  /// A name as Prometheus takes it.
  private static func word(_ text: String) -> String {
    let kept = text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
    return kept.first?.isNumber == true ? "_" + String(kept) : String(kept)
  }
}
