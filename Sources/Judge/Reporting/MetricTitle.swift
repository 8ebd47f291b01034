import RunRecords

/// The name of a metric as people say it: `fsync of the workload on ext4`.
struct MetricTitle {
  /// Titles of metrics by their name, from the probes' manifests.
  let titles: [String: String]

  /// Without its phase.
  func text(_ id: MetricID) -> String {
    var labels = id.labels
    var text = titles[id.name] ?? id.name
    if let process = labels.removeValue(forKey: "class") {
      text += process == "user" ? " of other processes" : " of the \(process)"
    }
    for key in ["op", "nr"] {
      if let operation = labels.removeValue(forKey: key) { text += ", \(operation)" }
    }
    for key in ["fs", "dev"] {
      if let place = labels.removeValue(forKey: key) { text += " on \(place)" }
    }
    let rest = labels.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return rest.isEmpty ? text : "\(text), \(rest.joined(separator: ", "))"
  }
}
