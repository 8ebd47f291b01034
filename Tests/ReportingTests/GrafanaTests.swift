import ForeignReaders
import Foundation
import Testing

/// The dashboard's file by Grafana's own library of what a dashboard is.
@Suite(
  .enabled(
    if: ForeignReader.has("grafana_foundation_sdk"),
    "grafana-foundation-sdk is not installed: run ci/setup"))
struct GrafanaTests {
  private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../docs/grafana/latgate.json").standardized

  /// Reads a dashboard and writes it again: what the library does not know is lost or changed.
  private func read(_ dashboard: String) throws -> String {
    try ForeignReader.run(
      """
      import json, sys
      from grafana_foundation_sdk.cog import plugins
      from grafana_foundation_sdk.cog.encoder import JSONEncoder
      from grafana_foundation_sdk.models import dashboard, prometheus
      plugins.register_default_plugins()
      given = json.load(sys.stdin)
      known = dashboard.Dashboard.from_json(given)
      def lost(one, other, path=""):
          if isinstance(one, dict) and isinstance(other, dict):
              for key, value in one.items():
                  yield from lost(value, other.get(key), f"{path}.{key}")
          elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
              for first, second in zip(one, other):
                  yield from lost(first, second, f"{path}[]")
          elif one != other:
              yield path
      print(known.title, known.uid, len(known.panels), len(known.templating.list_val))
      targets = [target for panel in known.panels for target in panel.targets]
      print(len(targets), all(isinstance(one, prometheus.Dataquery) and one.expr for one in targets))
      print(sorted(set(lost(given, json.loads(JSONEncoder().encode(known))))))
      """, input: dashboard)
  }

  @Test func grafanasLibraryKnowsAllOfIt() throws {
    // The editor's own: a text for a variable's query, filters that are empty, how a tooltip looks.
    #expect(
      try read(String(contentsOf: Self.file, encoding: .utf8)) == """
        latgate: latency of runs latgate-latency 8 6
        11 True
        ['.panels[].options.tooltip.mode', '.templating.list[].definition', '.templating.list[].filters']

        """)
  }

  @Test func aMistypedKeyIsFound() throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
      .replacing("\"legendFormat\"", with: "\"legendFormt\"")
    #expect(try read(text).contains("'.panels[].targets[].legendFormt'"))
  }
}
