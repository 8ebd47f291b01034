import Foundation
import LatencyHistograms

/// Histograms in JSON: fio's `--output-format=json+`, bcc's (`-j`) and bpftrace's (`-f json`).
enum JSONHistogramReader {
  static func read(_ text: String) throws(ExchangeError) -> ForeignHistograms? {
    // fio says what it warns of before its document.
    guard let start = text.firstIndex(of: "{") else { return nil }
    let body = text[start...]
    if let whole = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any] {
      if let jobs = whole["jobs"] as? [[String: Any]] { return try fio(jobs) }
      return try lines([whole])
    }
    let rows = body.split(separator: "\n").compactMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    return rows.isEmpty ? nil : try lines(rows)
  }

  // MARK: fio

  private static func fio(_ jobs: [[String: Any]]) throws(ExchangeError) -> ForeignHistograms {
    var entries: [ForeignHistograms.Entry] = []
    for job in jobs {
      for operation in ["read", "write", "trim", "sync"] {
        guard let part = job[operation] as? [String: Any] else { continue }
        for kind in ["clat_ns", "lat_ns", "slat_ns"] {
          guard let latency = part[kind] as? [String: Any],
            let bins = latency["bins"] as? [String: Any]
          else { continue }
          var histogram = LatencyHistogram()
          for (key, value) in bins {
            guard let place = UInt64(key), let count = (value as? NSNumber)?.uint64Value else {
              throw ExchangeError("fio: \(operation).\(kind).bins has \"\(key)\": \(value)")
            }
            // Its 64 buckets per octave lie inside latgate's 16.
            histogram.record(place, times: count)
          }
          let name = kind.prefix { $0 != "_" }
          entries.append(
            .init(
              metric: "fio.\(name)",
              labels: ["job": job["jobname"] as? String ?? "", "op": operation], unit: "ns",
              histogram: histogram))
        }
      }
    }
    return ForeignHistograms(source: "fio (json+)", entries: entries)
  }

  // MARK: bcc and bpftrace

  private static func lines(_ rows: [[String: Any]]) throws(ExchangeError) -> ForeignHistograms? {
    var entries: [ForeignHistograms.Entry] = []
    var source: String?
    for row in rows {
      if let buckets = row["data"] as? [[String: Any]], buckets.first?["interval-start"] != nil {
        source = "bcc"
        let unit = BPFTextReader.unit(row["val_type"] as? String ?? "")
        let labels = row.filter { !["ts", "val_type", "data"].contains($0.key) }
          .mapValues { "\($0)" }
        entries.append(
          .init(
            metric: "bpf.latency", labels: labels, unit: unit ?? "us",
            histogram: try histogram(buckets, "interval-start", "interval-end")))
      } else if row["type"] as? String == "hist", let maps = row["data"] as? [String: Any] {
        source = "bpftrace"
        for (map, value) in maps {
          let name = map.filter { $0 != "@" }
          let keyed = (value as? [String: Any]) ?? ["": value]
          for (key, buckets) in keyed {
            guard let buckets = buckets as? [[String: Any]] else { continue }
            entries.append(
              .init(
                metric: "bpf.\(name.isEmpty ? "latency" : name)",
                labels: key.isEmpty ? [:] : ["key": key],
                unit: BPFTextReader.unit(name) ?? "us",
                histogram: try histogram(buckets, "min", "max")))
          }
        }
      }
    }
    guard let source else { return nil }
    return ForeignHistograms(source: source, entries: entries)
  }

  private static func histogram(
    _ buckets: [[String: Any]], _ from: String, _ to: String
  ) throws(ExchangeError) -> LatencyHistogram {
    var result = LatencyHistogram()
    for bucket in buckets {
      guard let count = (bucket["count"] as? NSNumber)?.uint64Value else {
        throw ExchangeError("a bucket has no count")
      }
      // Below the first and above the last there may be no bound; no latency is negative.
      let low = (bucket[from] as? NSNumber)?.int64Value ?? 0
      let high = (bucket[to] as? NSNumber)?.int64Value ?? max(low, 0)
      let range = UInt64(max(low, 0))...UInt64(max(high, low, 0))
      result.spread(count, over: range)
    }
    return result
  }
}
