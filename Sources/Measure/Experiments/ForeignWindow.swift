import AgentSession
import Catalogs
import LatencyHistograms
import RunRecords

/// Reads the maps of other tools' objects, which know no window: what they have more at its end than
/// at its begin is what they counted in it.
struct ForeignWindow: Sendable {
  struct Probe: Sendable {
    var name: String
    var metrics: [ProbeMetric]
  }

  let probes: [Probe]
  let session: AgentClient

  /// By metric.
  typealias Readings = [String: ForeignMap.Reading]

  /// - Throws: `AgentSessionError`.
  func read() async throws -> Readings {
    var readings: Readings = [:]
    for probe in probes {
      for metric in probe.metrics {
        guard let map = metric.foreign else { continue }
        readings[metric.name] = map.reading(of: try await session.readMap(map.map, of: probe.name))
      }
    }
    return readings
  }

  /// Adds what was counted between two readings.
  func add(_ first: Readings, _ last: Readings, to phase: inout PhaseRecord) {
    for metric in probes.flatMap(\.metrics) {
      guard let map = metric.foreign else { continue }
      let counted = (last[metric.name] ?? [:]).since(first[metric.name] ?? [:])
      for (key, slots) in counted {
        var histogram = LatencyHistogram()
        for (slot, count) in slots { histogram.spread(count, over: map.range(ofSlot: slot)) }
        _ = phase.add(
          KeyedResult(
            key: key, name: nil,
            value: .histogram(
              count: histogram.count, sum: histogram.sum, max: histogram.max,
              buckets: histogram.buckets.enumerated().filter { $0.element > 0 }
                .map { [UInt64($0.offset), $0.element] })),
          of: metric
        ) { _, _ in nil }
      }
    }
  }
}
