import Catalogs
import RecordStore
import RegressionAnalysis
import RunRecords

/// The metrics that probes and workloads have, and those that were stored, to hold patterns against.
package struct KnownMetrics {
  private let names: Set<String>
  private let phases: Set<String>

  /// Runs that are read for metrics that the catalogue has not, the last ones.
  private static let runsRead = 20

  package init(catalog: Catalog) {
    let phases = catalog.workloads.values.flatMap(\.phases)
    names = Set(catalog.probes.values.flatMap { $0.metrics.map(\.name) })
      .union(phases.flatMap { $0.steps.flatMap { $0.scalars.map(\.metric) } })
    self.phases = Set(phases.map(\.name))
  }

  /// - Throws: `UnknownName` for a pattern that means none of them; `StoreError`.
  package func require(_ pattern: String, suite: String?, in store: Store) throws {
    if isKnown(pattern) { return }
    var known = names
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
    throw UnknownName(
      kind: "metric that fits", name: pattern, known: known.map { "\($0)*" } + families)
  }

  private func isKnown(_ pattern: String) -> Bool {
    // Labels come from devices: of a pattern with some, the name alone is held against the known.
    if let brace = pattern.firstIndex(of: "{") {
      return names.contains { glob(String(pattern[..<brace]), matches: $0) }
    }
    return names.contains { name in
      phases.contains { phase in glob(pattern, matches: "\(name)@\(phase)") }
    }
  }
}
