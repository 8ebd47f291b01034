import Foundation
import LatencyHistograms

/// HdrHistogram's log with V2 histograms; intervals of one tag are one histogram.
enum HdrLogReader {
  static func read(_ text: String) throws(ExchangeError) -> ForeignHistograms? {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard
      lines.prefix(20).contains(where: { $0.hasPrefix("#[Histogram log format version 1.") })
    else { return nil }
    var entries: [ForeignHistograms.Entry] = []
    for (number, line) in lines.enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("\"") { continue }
      var fields = line.split(separator: ",", omittingEmptySubsequences: false)[...]
      var labels: [String: String] = [:]
      if let first = fields.first, first.hasPrefix("Tag=") {
        labels["tag"] = String(first.dropFirst(4))
        fields.removeFirst()
      }
      guard fields.count == 4, let data = Data(base64Encoded: String(fields[fields.endIndex - 1]))
      else {
        throw ExchangeError("line \(number + 1): is no interval of an HdrHistogram log")
      }
      do {
        entries.append(
          .init(
            metric: "hdrhistogram.latency", labels: labels, unit: "ns",
            histogram: try HdrEncoding.decoded(Array(data))))
      } catch {
        throw ExchangeError("line \(number + 1): \(error.problem)")
      }
    }
    return ForeignHistograms(source: "an HdrHistogram log", entries: entries)
  }
}
