import Catalogs

extension Catalog {
  /// Titles of metrics by their names, from the probes' manifests.
  var metricTitles: [String: String] {
    let metrics = probes.sorted { $0.key < $1.key }.flatMap(\.value.metrics)
    return Dictionary(metrics.compactMap { metric in metric.title.map { (metric.name, $0) } }) {
      first, _ in first
    }
  }
}
