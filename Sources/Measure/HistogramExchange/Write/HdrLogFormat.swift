import Foundation

/// HdrHistogram's log, format 1.3: a line for each iteration of a metric, whose name is its tag.
struct HdrLogFormat: HistogramFormat {
  let name = "hdrhistogram"
  let summary = "HdrHistogram's log of V2 histograms"

  func bytes(_ runs: [RecordedRun]) throws -> [UInt8] {
    let base = runs.map(\.created.timeIntervalSince1970).min() ?? 0
    var lines = [
      "#[Logged by latgate]", "#[Histogram log format version 1.3]",
      "#[StartTime: \(Self.seconds(base)) (seconds since epoch)]",
      "#[BaseTime: \(Self.seconds(base)) (seconds since epoch)]",
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"",
    ]
    for run in runs {
      for metric in run.metrics {
        // A comma or a space would end the tag, whatever accent Swift counts to it.
        var tag = String.UnicodeScalarView()
        for scalar in metric.id.text.unicodeScalars {
          tag.append(scalar == "," ? ";" : scalar.properties.isWhitespace ? "_" : scalar)
        }
        // The column is in units of a million of the values': milliseconds for ns.
        for sample in metric.samples where !sample.histogram.isEmpty {
          let start = Double(sample.unixNs) / 1e9 - base
          lines.append(
            "Tag=\(String(tag)),\(Self.seconds(start)),"
              + "\(Self.seconds(Double(sample.durationNs) / 1e9)),"
              + "\(Self.seconds(Double(sample.histogram.max) / 1e6)),"
              + Data(try HdrEncoding.encoded(sample.histogram)).base64EncodedString())
        }
      }
    }
    return Array(lines.map { $0 + "\n" }.joined().utf8)
  }

  private static func seconds(_ value: Double) -> String {
    let thousandths = Int64((value * 1000).rounded())
    let rest = "\(abs(thousandths) % 1000)"
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }
}
