/// A perfetto trace in which metrics are counters over the iterations of a run: events, and the
/// quantiles p50, p90 and p99, on the device's CLOCK_BOOTTIME, so that it lies over other traces of
/// the same boot.
struct PerfettoCountersFormat: HistogramFormat {
  let name = "perfetto"
  let summary = "a perfetto trace, counters over iterations"

  private static let quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)]

  func bytes(_ runs: [RecordedRun]) -> [UInt8] {
    var trace = ProtobufWriter()
    var last: UInt64 = 0
    func track(_ name: String, parent: UInt64?, isTime: Bool? = nil, unit: String = "") -> UInt64 {
      last += 1
      let id = last
      packet(&trace) { packet in
        packet.message(60) { descriptor in
          descriptor.integer(1, id)
          descriptor.text(2, name)
          if let parent { descriptor.integer(5, parent) }
          guard let isTime else { return }
          descriptor.message(8) { counter in
            if isTime {
              counter.integer(3, 1)
            } else if unit.isEmpty {
              counter.integer(3, 2)
            } else {
              counter.text(6, unit)
            }
          }
        }
      }
      return id
    }
    for run in runs {
      let build = run.facts.first { $0.name == "firmware" }?.value ?? ""
      let root = track("latgate run \(run.id) \(build)", parent: nil)
      for metric in run.metrics {
        let parent = track(metric.id.text, parent: root)
        let events = track("events", parent: parent, isTime: false)
        let isTime = metric.id.unit == "ns"
        let tracks = Self.quantiles.map {
          track($0.0, parent: parent, isTime: isTime, unit: metric.id.unit)
        }
        for sample in metric.samples {
          count(events, sample.bootNs, &trace) { $0.integer(30, sample.histogram.count) }
          for (id, quantile) in zip(tracks, Self.quantiles) {
            guard let value = sample.histogram.quantile(quantile.1) else { continue }
            count(id, sample.bootNs, &trace) { $0.double(44, value) }
          }
        }
      }
    }
    return trace.bytes
  }

  private func count(
    _ track: UInt64, _ time: UInt64, _ trace: inout ProtobufWriter,
    _ value: (inout ProtobufWriter) -> Void
  ) {
    packet(&trace) { packet in
      packet.integer(8, time)
      packet.message(11) { event in
        event.integer(9, 4)
        event.integer(11, track)
        value(&event)
      }
    }
  }

  private func packet(_ trace: inout ProtobufWriter, _ write: (inout ProtobufWriter) -> Void) {
    trace.message(1) { packet in
      packet.integer(10, 1)
      write(&packet)
    }
  }
}
