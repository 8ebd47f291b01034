extension CollectedReport {
  /// One line of JSON, keys sorted, without the end of line. docs/fleet-reports.md names the keys.
  package var json: String {
    let report = report
    let histograms = report.histograms.map { histogram in
      let buckets = histogram.buckets.map { "[\($0.index),\($0.count)]" }.joined(separator: ",")
      return "{\"buckets\":[\(buckets)],\"censored\":\(histogram.censored),"
        + "\"label\":\(JSONText.quoted(histogram.label)),\"lost\":\(histogram.lost),"
        + "\"metric\":\(histogram.metric),\"rung\":\"\(histogram.attachment.rungName)\","
        + "\"tier\":\"\(histogram.attachment.tierName)\"}"
    }.joined(separator: ",")
    let incarnation = Hexadecimal.text(Hexadecimal.bytes(of: report.incarnation))
    let manifest = Hexadecimal.text(Hexadecimal.bytes(of: report.manifest))
    let fields: [(String, String)] = [
      ("arm", "\(report.arm)"), ("build", JSONText.quoted(report.build)),
      ("campaign", JSONText.quoted(report.campaign)), ("code", "\(report.code)"),
      ("cpu_ms", "\(report.cpuMilliseconds)"), ("device", "\"\(device)\""),
      ("evicted", "\(report.evicted)"), ("flags", "\(report.flags.rawValue)"),
      ("histograms", "[\(histograms)]"), ("id", "\"\(id)\""),
      ("incarnation", "\"\(incarnation)\""), ("kind", "\(report.kind.rawValue)"),
      ("manifest", "\"\(manifest)\""), ("memory_kib", "\(report.memoryKiB)"),
      ("model", JSONText.quoted(report.model)), ("received_ms", "\(received)"),
      ("sequence", "\(report.sequence)"), ("started_hour", "\(report.startedHour)"),
      ("sub_bits", "\(report.subBits)"), ("uptime_minutes", "\(report.uptimeMinutes)"),
      ("window_seconds", "\(report.windowSeconds)"),
    ]
    return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
  }
}
