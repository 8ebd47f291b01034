import Catalogs
import RecordStore
import RegressionAnalysis
import RunRecords

/// The metrics that probes and workloads have, and those that were stored, to hold patterns against.
package struct KnownMetrics {
  /// By name, with the fields that become its labels.
  private let fields: [String: [KeyField]]
  private let phases: Set<String>

  /// Runs that are read for metrics that the catalogue has not, the last ones.
  private static let runsRead = 20

  package init(catalog: Catalog) {
    let phases = catalog.workloads.values.flatMap(\.phases)
    let scalars = phases.flatMap { $0.steps.flatMap { $0.scalars.map(\.metric) } }
    fields = Dictionary(
      catalog.probes.values.flatMap { $0.metrics.map { ($0.name, $0.key) } }
        + scalars.map { ($0, []) }, uniquingKeysWith: +)
    self.phases = Set(phases.map(\.name))
  }

  /// Names without labels and phases, sorted.
  var names: [String] { fields.keys.sorted() }

  /// - Throws: `UnknownNameError` for a pattern that means none of them; `StoreError`.
  package func require(_ pattern: String, suite: String?, in store: Store) throws {
    let part = Part(pattern)
    if isKnown(part) { return }
    var known = Set(fields.keys)
    for run in try store.runs(RunFilter(suite: suite)).suffix(Self.runsRead) {
      var history = BuildHistory(builds: [run.build])
      history.add(try store.document(of: run).record)
      for metric in history.metrics {
        if glob(pattern, matches: metric.id.text) { return }
        known.insert(metric.id.name)
      }
    }
    // A name alone means no metric of a phase: whole names with phase and labels are matched.
    let families = Set(known.map { "\(MetricID.probe(ofMetric: $0)).*" })
    throw UnknownNameError(
      kind: "metric that fits", name: pattern,
      known: labelled(part) ?? (known.map { "\($0)*" } + families))
  }

  /// A pattern's name, the labels that it spells out, and what follows them.
  private struct Part {
    var name: String
    /// Those with a glob in the label's name are left out.
    var labels: [(name: String, value: String)] = []
    /// Nil for a pattern without labels.
    var rest: String?

    init(_ pattern: String) {
      let brace = pattern.firstIndex(of: "{")
      name = String(pattern[..<(brace ?? pattern.endIndex)])
      guard let brace else { return }
      let end = pattern.lastIndex(of: "}")
      rest = end.map { String(pattern[pattern.index(after: $0)...]) } ?? "*"
      let inside = pattern[brace..<(end ?? pattern.endIndex)].dropFirst()
      for pair in inside.split(separator: ",") {
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, !parts[0].contains(where: { "*?".contains($0) }) else { continue }
        labels.append((parts[0], parts[1]))
      }
    }
  }

  private func isKnown(_ part: Part) -> Bool {
    // A name without labels stands for the whole: the phase follows it.
    guard let rest = part.rest else {
      return fields.keys.contains { name in
        phases.contains { phase in glob(part.name, matches: "\(name)@\(phase)") }
      }
    }
    guard phases.contains(where: { glob(rest, matches: "@\($0)") }) || glob(rest, matches: "")
    else {
      return false
    }
    return fields.contains { name, key in
      glob(part.name, matches: name)
        && part.labels.allSatisfy { label, value in
          key.contains { $0.name == label && $0.canMatch(value) }
        }
    }
  }

  /// Patterns with the labels of the metrics that a pattern's name means; nil when there are none.
  private func labelled(_ part: Part) -> [String]? {
    guard part.rest != nil else { return nil }
    let found = fields.filter { glob(part.name, matches: $0.key) }.flatMap { name, key in
      key.flatMap { field -> [String] in
        switch field.kind {
        case .padding: []
        case .values(let names): names.values.map { "\(name){\(field.name)=\($0)}*" }
        case .number, .signed, .blockDevice, .ipv4, .syscall, .text: ["\(name){\(field.name)=*}*"]
        }
      }
    }
    return found.isEmpty ? nil : Array(Set(found))
  }
}
