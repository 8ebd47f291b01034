import RunRecords

/// Which probes see the steps that an operation passes through, as manifests say.
package struct ProbeChain: Sendable, Equatable {
  /// A probe's steps, in the order they are passed.
  private let steps: [String: [String]]
  /// Names for sentences, by metric.
  private let titles: [String: String]
  /// Metrics in the order of their probe's manifest.
  private let metrics: [String]

  /// - Parameters:
  ///   - related: by probe, the probes of its steps in order.
  ///   - metrics: of all probes, in the order of their manifests: name, and what a sentence calls
  ///     it.
  package init(related: [String: [String]], metrics: [(name: String, title: String?)] = []) {
    steps = related
    self.metrics = metrics.map(\.name)
    titles = Dictionary(
      metrics.map { ($0.name, $0.title ?? $0.name) }, uniquingKeysWith: { first, _ in first })
  }

  /// The probes that an explaining pass needs for metrics that got slower, without those they
  /// belong to; each once, in the order of the first chain that names it.
  package func probes(explaining metrics: [MetricID]) -> [String] {
    let own = Set(metrics.map(\.probe))
    var found: [String] = []
    for metric in metrics.sorted() {
      for probe in steps[metric.probe] ?? [] where !own.contains(probe) && !found.contains(probe) {
        found.append(probe)
      }
    }
    return found
  }

  /// What a sentence calls a metric.
  func title(_ metric: String) -> String { titles[metric] ?? metric }

  /// Place of a step in the chain of a probe; nil when it is none of its steps. The probe's own
  /// metrics come first.
  func place(of step: MetricID, inChainOf probe: String) -> (probe: Int, metric: Int)? {
    let metric = metrics.firstIndex(of: step.name) ?? metrics.count
    if step.probe == probe { return (-1, metric) }
    return steps[probe]?.firstIndex(of: step.probe).map { ($0, metric) }
  }
}
