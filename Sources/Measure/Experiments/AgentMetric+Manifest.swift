import AgentSession
import Catalogs
import ProbePrograms

extension AgentMetric {
  /// A metric of a BPF object; `id` is unique in the session.
  package init(id: UInt32, metric: ProbeMetric) {
    self.init(
      id: id, kind: metric.kind.number, map: metric.map, countersIndex: UInt32(metric.counters),
      namesMap: metric.namesMap)
  }
}

extension AgentTraceProbe.Metric {
  /// A metric of trace events.
  package init(id: UInt32, metric: ProbeMetric) {
    self.init(
      id: id, source: SpanDeclaration(metric).map { .spans($0.bytes) } ?? .known(metric.name))
  }
}
