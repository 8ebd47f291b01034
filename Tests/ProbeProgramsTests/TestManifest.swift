import Catalogs

/// A probe `x` around the metrics of a test.
enum TestManifest {
  static func parse(metrics: String) throws -> ProbeManifest {
    let text = """
      probe: x
      title: T
      question: Q?
      cost: low
      privacy: none
      metrics:
      \(metrics)
      """
    return try ProbeManifest.parse(text, file: "x.yaml")
  }
}
