import RunRecords

/// Which metrics a gate or budget is about: `name{label=value}@phase`, each part with `*` and `?`.
///
/// A part that is left out matches anything: `block.*` means every metric of the block probe with
/// any labels in any phase. Labels that are named must be there; others may be.
package struct MetricPattern: Sendable, Hashable {
  /// As the user wrote it.
  package var text: String
  /// Glob over the metric's name.
  package var name: String
  /// Glob over the value of each label that must be there.
  package var labels: [String: String]
  /// Glob over the phase's name; nil for any, and for metrics without one.
  package var phase: String?

  /// Reads a pattern; nil when it is malformed.
  package init?(_ text: String) {
    self.text = text
    var rest = text[...]
    phase = nil
    if let at = rest.lastIndex(of: "@") {
      phase = String(rest[rest.index(after: at)...])
      rest = rest[..<at]
    }
    labels = [:]
    if let open = rest.firstIndex(of: "{") {
      guard rest.last == "}" else { return nil }
      let inside = rest[rest.index(after: open)...].dropLast()
      for pair in inside.split(separator: ",", omittingEmptySubsequences: false) {
        let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        labels[String(parts[0])] = String(parts[1])
      }
      rest = rest[..<open]
    }
    name = String(rest)
    let isMalformed = name.isEmpty || name.contains(where: "{}@=, ".contains) || phase == ""
    if isMalformed { return nil }
  }

  /// Whether a metric is meant.
  package func matches(name: String, labels: [String: String], phase: String) -> Bool {
    glob(self.name, matches: name)
      && (self.phase.map { glob($0, matches: phase) } ?? true)
      && self.labels.allSatisfy { key, value in
        labels[key].map { glob(value, matches: $0) } ?? false
      }
  }
}

extension MetricPattern {
  /// The same as globs over a metric's whole text, `name{label=value,...}@phase` with labels in
  /// order; a metric is meant when one of them matches.
  package var globs: [String] {
    let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    // Unnamed labels may stand before, between and after the named ones.
    var insides = pairs.first.map { [$0, "*,\($0)"] } ?? []
    for pair in pairs.dropFirst() {
      insides = insides.flatMap { ["\($0),\(pair)", "\($0),*,\(pair)"] }
    }
    insides = insides.flatMap { [$0, "\($0),*"] }
    let names = pairs.isEmpty ? [name, "\(name){*}"] : insides.map { "\(name){\($0)}" }
    return names.flatMap { name in phase.map { ["\(name)@\($0)"] } ?? [name, "\(name)@*"] }
  }
}
