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
    var rows: [[String: Any]] = []
    var torn: Substring?
    for line in body.split(whereSeparator: \.isNewline) {
      if let row = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] {
        rows.append(row)
      } else if line.hasPrefix("{") {
        torn = torn ?? line
      }
    }
    guard !rows.isEmpty, let found = try lines(rows) else { return nil }
    // Between the documents a program may say something; half a document is lost events.
    if let torn { throw ExchangeError("is cut off or damaged at the line \(torn.prefix(60))") }
    return found
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
            guard let place = UInt64(key), let count = events(value) else {
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
        let type = row["val_type"] as? String ?? ""
        // What is no time, such as the sizes of requests, keeps its name.
        let unit = BPFTextReader.unit(type) ?? (type.isEmpty ? "us" : type)
        let labels = row.filter { !["ts", "val_type", "data"].contains($0.key) }
          .mapValues { "\($0)" }
        entries.append(
          .init(
            metric: "bpf.latency", labels: labels, unit: unit,
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
      guard let count = events(bucket["count"]) else {
        throw ExchangeError("a bucket has no count: \(bucket)")
      }
      // Below the first and above the last there may be no bound; no latency is negative.
      func bound(_ key: String) throws(ExchangeError) -> Int64? {
        guard let value = bucket[key] else { return nil }
        guard let number = value as? NSNumber else {
          throw ExchangeError("a bucket's \(key) is no number: \(value)")
        }
        return number.int64Value
      }
      let low = try bound(from) ?? 0
      let high = try bound(to) ?? max(low, 0)
      let range = UInt64(max(low, 0))...UInt64(max(high, low, 0))
      result.spread(count, over: range)
    }
    return result
  }

  /// A number of events; nil for what is none.
  private static func events(_ value: Any?) -> UInt64? {
    guard let number = value as? NSNumber, let count = UInt64(exactly: number.doubleValue),
      count <= ForeignHistograms.mostEvents
    else { return nil }
    return count
  }
}
