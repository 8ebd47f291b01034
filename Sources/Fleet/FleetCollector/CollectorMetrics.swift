import FleetLog
import FleetReports
import LatencyHistograms
import Synchronization

/// What the collector counts of itself, as OpenMetrics text.
package final class CollectorMetrics: Sendable {
  private struct Counts {
    var outcomes: [String: UInt64] = [:]
    var statuses: [Int: UInt64] = [:]
    var files: UInt64 = 0
    var fileBytes: UInt64 = 0
    var bytes: UInt64 = 0
    var batches: UInt64 = 0
    var faults: UInt64 = 0
    // In nanoseconds.
    var commits = LatencyHistogram(layout: HistogramLayout(subBits: 0))
    var answers = LatencyHistogram(layout: HistogramLayout(subBits: 0))
  }

  private let counts = Mutex(Counts())

  package init() {}

  package func count(_ outcome: ReportLog.Outcome, bytes: Int) {
    counts.withLock { counts in
      counts.outcomes["\(outcome)", default: 0] += 1
      if outcome == .stored { counts.bytes += UInt64(bytes) }
    }
  }

  package func count(_ batch: ReportLog.Batch) {
    counts.withLock { counts in
      counts.batches += 1
      if batch.failure != nil { counts.faults += 1 }
      counts.commits.record(batch.duration.nanoseconds)
    }
  }

  /// An answered request, and how long its device waited for the answer.
  package func count(status: Int, after duration: Duration) {
    counts.withLock { counts in
      counts.statuses[status, default: 0] += 1
      counts.answers.record(duration.nanoseconds)
    }
  }

  /// A file of the repository that a device got.
  package func count(fileBytes: Int) {
    counts.withLock { counts in
      counts.files += 1
      counts.fileBytes += UInt64(fileBytes)
    }
  }

  /// Answers so far that were none of 200.
  package var refused: UInt64 {
    counts.withLock { $0.statuses.reduce(0) { $1.key == 200 ? $0 : $0 + $1.value } }
  }

  /// The text, with states of the moment as further gauges.
  package func text(gauges: [(name: String, help: String, value: Double)]) -> String {
    let counts = counts.withLock { $0 }
    var lines: [String] = []
    func family(_ name: String, _ type: String, _ help: String) {
      lines += [
        "# TYPE latgate_collector_\(name) \(type)", "# HELP latgate_collector_\(name) \(help)",
      ]
    }
    family("reports", "counter", "Reports by what became of them.")
    for (outcome, count) in counts.outcomes.sorted(by: { $0.key < $1.key }) {
      lines.append("latgate_collector_reports_total{outcome=\"\(outcome)\"} \(count)")
    }
    family("requests", "counter", "Answers to devices by status.")
    for (status, count) in counts.statuses.sorted(by: { $0.key < $1.key }) {
      lines.append("latgate_collector_requests_total{status=\"\(status)\"} \(count)")
    }
    family("files", "counter", "Files of the repository that devices got.")
    lines.append("latgate_collector_files_total \(counts.files)")
    family("file_bytes", "counter", "Bytes of these files.")
    lines.append("latgate_collector_file_bytes_total \(counts.fileBytes)")
    family("stored_bytes", "counter", "Bytes of reports that were stored.")
    lines.append("latgate_collector_stored_bytes_total \(counts.bytes)")
    family("commits", "counter", "Batches written.")
    lines.append("latgate_collector_commits_total \(counts.batches)")
    family("commit_faults", "counter", "Batches that could not be written.")
    lines.append("latgate_collector_commit_faults_total \(counts.faults)")
    family("commit_seconds", "histogram", "Time of a batch, its fsync included.")
    lines += Self.histogram("commit_seconds", counts.commits)
    family("answer_seconds", "histogram", "Time from a report's last byte to its answer.")
    lines += Self.histogram("answer_seconds", counts.answers)
    for gauge in gauges {
      family(gauge.name, "gauge", gauge.help)
      lines.append("latgate_collector_\(gauge.name) \(gauge.value)")
    }
    return lines.map { $0 + "\n" }.joined() + "# EOF\n"
  }

  private static func histogram(_ name: String, _ histogram: LatencyHistogram) -> [String] {
    var below: UInt64 = 0
    var lines: [String] = []
    // 0.1 ms to 17 s.
    for bucket in 16...34 {
      let edge = histogram.layout.bounds(of: bucket).upper
      below = histogram.buckets[...bucket].reduce(0, +)
      lines.append("latgate_collector_\(name)_bucket{le=\"\(Double(edge) / 1e9)\"} \(below)")
    }
    return lines + [
      "latgate_collector_\(name)_bucket{le=\"+Inf\"} \(histogram.count)",
      "latgate_collector_\(name)_sum \(Double(histogram.sum) / 1e9)",
      "latgate_collector_\(name)_count \(histogram.count)",
    ]
  }
}

extension Duration {
  /// 0 for a negative one.
  fileprivate var nanoseconds: UInt64 {
    let parts = components
    guard parts.seconds >= 0, parts.attoseconds >= 0 else { return 0 }
    return UInt64(parts.seconds) * 1_000_000_000 + UInt64(parts.attoseconds / 1_000_000_000)
  }
}
