import Catalogs
import PerfettoTraces
import ProbePrograms

extension FoldMetrics {
  /// Those that probes' tables declare, beside the known ones.
  package init(_ probes: [ProbeManifest]) throws(PerfettoTraceError) {
    try self.init(declarations: probes.declarations)
  }
}

extension [ProbeManifest] {
  /// The tables of their metrics as trace events are folded by them.
  package var declarations: [[UInt8]] {
    flatMap(\.metrics).compactMap { SpanDeclaration($0)?.bytes }
  }
}
