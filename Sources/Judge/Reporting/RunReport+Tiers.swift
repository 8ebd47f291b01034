import RunRecords

extension RunReport {
  /// Which probes are in a lower tier than they might be, and why: a line for each reason. A tier that
  /// the user asked for needs none.
  var tierNotes: [String] {
    var reasons: [String] = []
    var names: [String: [String]] = [:]
    for probe in probes where probe.status == .loaded && probe.tier != .t2 {
      guard let tier = probe.tier, let reason = probe.reason,
        // A line per tier that was passed over; more of a line is the kernel's own log.
        let line = reason.split(separator: "\n").first, line.hasPrefix("T2: "),
        !line.contains("--tier")
      else { continue }
      let text = "in tier \(tier.rawValue), not \(line)"
      if names[text] == nil { reasons.append(text) }
      names[text, default: []].append(probe.name)
    }
    return reasons.map { reason in
      let list = names[reason] ?? []
      return "probe\(list.count == 1 ? "" : "s") \(list.joined(separator: ", ")) \(reason)"
    }
  }
}
