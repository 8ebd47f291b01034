import ForeignReaders
import Foundation
import LatencyHistograms
import RunRecords
import Testing

@testable import HistogramExchange

private let hasHdr = ForeignReader.has("hdrh")
private let hasOTLP = ForeignReader.has("opentelemetry.proto.metrics.v1.metrics_pb2")
private let hasPrometheus = ForeignReader.has("prometheus_client")
private let hasPerfetto = ForeignReader.has("perfetto.protos.perfetto.trace")

/// What latgate writes, counted by another project's reader.
struct WriteTests {
  @Test func droppedIterationsAreLeftOut() {
    #expect(run.metrics.map(\.id.name) == ["block.device", "block.size"])
    #expect(run.metrics.map(\.samples.count) == [3, 3])
    #expect(latency.count == 3 * 5103)
    #expect(run.metrics[0].samples[0].unixNs == 1_790_000_002_000_000_000)
  }

  /// Per interval: count; over all: the quantiles, to HdrHistogram's two digits.
  @Test(.enabled(if: hasHdr, "hdrhistogram is not installed: run ci/setup"))
  func hdrHistogramReadsItsLog() throws {
    let file = NSTemporaryDirectory() + "latgate-\(UUID().uuidString).hlog"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try Data(try bytes("hdrhistogram")).write(to: URL(fileURLWithPath: file))
    let found = try ForeignReader.run(
      """
      from hdrh.log import HistogramLogReader
      from hdrh.histogram import HdrHistogram
      reader = HistogramLogReader("\(file)", HdrHistogram(1, 1 << 37, 2))
      total = HdrHistogram(1, 1 << 37, 2)
      while True:
          one = reader.get_next_interval_histogram()
          if one is None:
              break
          print(one.get_tag() if hasattr(one, "get_tag") else "", one.get_total_count())
          if one.get_total_count() > 1000:
              total.add(one)
      print(total.get_total_count(), total.get_value_at_percentile(50),
            total.get_value_at_percentile(99), total.get_max_value())
      """, input: "")
    let lines = found.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.dropLast().map(\.last) == ["5103", "5103", "5103", "70", "70", "70"])
    let last = try #require(lines.last).compactMap(Double.init)
    #expect(last[0] == Double(latency.count))
    // Its quantiles are the largest values of buckets, ours lie inside them.
    for (value, probability) in zip(last[1...2], [0.5, 0.99]) {
      let own = try #require(latency.quantile(probability))
      #expect(value >= own * 0.99 && value <= own * 1.07, "\(value), \(own)")
    }
    #expect(abs(last[3] - Double(latency.max)) <= Double(latency.max) / 100)
  }

  @Test func ourOwnLogComesBackWithEveryCount() throws {
    let back = try ForeignHistograms(try bytes("hdrhistogram"))
    #expect(back.entries.map(\.histogram.sparse) == run.metrics.map(\.total.sparse))
    #expect(back.entries[0].labels["tag"]?.contains("vda") == true)
  }

  @Test(
    .enabled(if: hasOTLP, "opentelemetry-proto is not installed: run ci/setup"),
    arguments: ["otlp", "otlp-protobuf"])
  func openTelemetryReadsExactBuckets(format: String) throws {
    let found = try ForeignReader.run(Self.otlpReader(format), input: try bytes(format))
    var expected = "b7 2\n"
    for metric in run.metrics {
      for sample in metric.samples {
        expected +=
          "\(metric.id.name) \(metric.id.unit) \(sample.histogram.count) "
          + "\(sample.histogram.count) \(sample.histogram.sum) \(sample.histogram.sparse.count)\n"
      }
    }
    #expect(found == expected)
  }

  @Test(
    .enabled(if: hasOTLP, "opentelemetry-proto is not installed: run ci/setup"),
    arguments: ["otlp-exponential", "otlp-protobuf-exponential"])
  func openTelemetryReadsExponentialBuckets(format: String) throws {
    let found = try ForeignReader.run(Self.otlpReader(format), input: try bytes(format))
    let lines = found.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
    for (line, sample) in zip(lines, run.metrics.flatMap(\.samples)) {
      #expect(line[2] == "\(sample.histogram.count)")
      #expect(line[3] == "\(sample.histogram.count)")
      // The reader's p99, from the buckets' upper edges.
      let own = try #require(sample.histogram.quantile(0.99))
      let theirs = try #require(Double(line[6]))
      #expect(theirs >= own * 0.9 && theirs <= own * 1.17, "\(theirs), \(own)")
    }
    #expect(lines.count == 6)
  }

  /// Prints each point: count, sum of its buckets, sum, occupied buckets, p99.
  private static func otlpReader(_ format: String) -> String {
    """
    import sys
    from google.protobuf import json_format
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    data = sys.stdin.buffer.read()
    request = ExportMetricsServiceRequest()
    if \(format.hasPrefix("otlp-protobuf") ? "True" : "False"):
        request.ParseFromString(data)
    else:
        json_format.Parse(data, request)
    for resource in request.resource_metrics:
        facts = {a.key: a.value.string_value for a in resource.resource.attributes}
        metrics = resource.scope_metrics[0].metrics
        print(facts["latgate.build"], len(metrics))
        for metric in metrics:
            kind = metric.WhichOneof("data")
            assert getattr(metric, kind).aggregation_temporality == 1
            for p in getattr(metric, kind).data_points:
                assert p.time_unix_nano - p.start_time_unix_nano == 500000000
                if kind == "histogram":
                    assert len(p.bucket_counts) == len(p.explicit_bounds) + 1
                    assert list(p.explicit_bounds) == sorted(set(p.explicit_bounds))
                    counts, more = list(p.bucket_counts), ""
                else:
                    counts = [p.zero_count] + list(p.positive.bucket_counts)
                    rank, sums = 0.99 * p.count, 0
                    for place, count in enumerate(counts):
                        sums += count
                        if sums >= rank:
                            break
                    more = " %r" % (2 ** ((p.positive.offset + place) / 2 ** p.scale))
                print(metric.name, metric.unit, p.count, sum(counts), int(p.sum),
                      sum(1 for c in counts if c), end=more + "\\n")
    """
  }

  /// Names of labels are written with fewer letters than they may have.
  @Test func labelsThatAreWrittenAlikeKeepApart() throws {
    var other = record
    other.iterations = [other.iterations[0]]
    other.iterations[0].phases[0].histograms = [
      HistogramRecord(
        metric: "m.n", labels: ["a.b": "1", "a-b": "2", "run": "3", "": "4"], histogram: latency)
    ]
    let text = String(decoding: PrometheusFormat().bytes([RecordedRun(other)]), as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.contains("_count{") })
    let names = line.matches(of: /[{,](\w+)="/).map { String($0.output.1) }
    #expect(Set(names).count == names.count && !names.contains(""), "\(line)")
    #expect(names.suffix(4) == ["_", "a_b", "label_a_b", "label_run"], "\(line)")
  }

  /// Swift takes a mark and the accent behind it, and both ends of a line, for one character.
  @Test func marksAreEscapedWhateverStandsBesideThem() throws {
    var other = record
    other.iterations = [other.iterations[0]]
    other.iterations[0].phases[0].histograms = [
      HistogramRecord(
        metric: "m.n", labels: ["comm": "a\r\nb\"\u{301}c\\\u{301}d,\u{301}e"], histogram: latency)
    ]
    let runs = [RecordedRun(other)]
    let lines = PrometheusFormat().bytes(runs).split(separator: UInt8(ascii: "\n"))
    let sum = try #require(lines.last.map { String(decoding: $0, as: UTF8.self) })
    let label = [
      "comm=\"a\r", "\\n", "b", "\\\"\u{301}", "c", "\\\\\u{301}", "d,\u{301}e", "\"}",
    ].joined()
    #expect(Data(sum.utf8).range(of: Data(label.utf8)) != nil, "\(sum.debugDescription)")
    let back = try ForeignHistograms(HdrLogFormat().bytes(runs))
    #expect(back.entries.map(\.histogram.count) == [latency.count])
  }

  /// A record whose clocks make no sense is written all the same.
  @Test func clocksBeyondAllTimeAreNoTrap() throws {
    var other = record
    for place in other.iterations.indices {
      other.iterations[place].startedUptimeNs = .max
      other.iterations[place].phases[0].durationNs = .max
    }
    other.boot.uptimeSeconds = 0
    let runs = [RecordedRun(other)]
    for format in HistogramFormats.all where format.canWrite(runs[0]) {
      #expect(try !format.bytes(runs).isEmpty, "\(format.name)")
    }
  }

  @Test(.enabled(if: hasPrometheus, "python3-prometheus-client is not installed"))
  func prometheusTextHasEveryCount() throws {
    let found = try ForeignReader.run(
      """
      import sys
      from prometheus_client.parser import text_string_to_metric_families
      for family in text_string_to_metric_families(sys.stdin.read()):
          counts = [s.value for s in family.samples if s.name.endswith("_count")]
          rows = [s for s in family.samples if s.name.endswith("_bucket")]
          edges = [float(s.labels["le"]) for s in rows]
          print(family.name, family.type, counts, rows[-1].value, edges == sorted(edges),
                rows[0].labels.get("op"), rows[0].labels["build"], rows[0].labels["phase"])
      """, input: try bytes("prometheus"))
    #expect(
      found == """
        latgate_values_KiB histogram [210.0] 210.0 True None b7 read
        latgate_latency_seconds histogram [15309.0] 15309.0 True a,b "c" b7 read

        """, "\(found)")
  }

  @Test(.enabled(if: hasPerfetto, "perfetto is not installed: run ci/setup"))
  func perfettoReadsCounters() throws {
    let found = try ForeignReader.run(
      """
      import sys
      from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent
      trace = Trace()
      trace.ParseFromString(sys.stdin.buffer.read())
      tracks, sums = {}, {}
      for packet in trace.packet:
          if packet.HasField("track_descriptor"):
              d = packet.track_descriptor
              tracks[d.uuid] = (tracks.get(d.parent_uuid, "") + "/" if d.parent_uuid else "") + d.name
          else:
              event = packet.track_event
              assert event.type == TrackEvent.TYPE_COUNTER
              value = event.counter_value or event.double_counter_value
              sums.setdefault(tracks[event.track_uuid], []).append((packet.timestamp, value))
      for name, values in sums.items():
          print(name.split("/")[0], name.split("/")[-1], values[0][0], len(values),
                sum(v for _, v in values))
      """, input: try bytes("perfetto"))
    let lines = found.split(separator: "\n").map(String.init)
    #expect(lines.count == 8)
    #expect(lines[0] == "latgate run run-1 nightly events 10000000000 3 15309")
    #expect(lines[4] == "latgate run run-1 nightly events 10000000000 3 210")
    let p99 = run.metrics[0].samples.compactMap { $0.histogram.quantile(0.99) }.reduce(0, +)
    #expect(lines[3] == "latgate run run-1 nightly p99 10000000000 3 \(p99)")
  }

  @Test(.enabled(if: hasPerfetto, "perfetto is not installed: run ci/setup"))
  func perfettoReadsItsSummary() throws {
    let found = try ForeignReader.run(
      """
      import sys
      from perfetto.trace_processor.platform import PlatformDelegate
      from perfetto.trace_processor.protos import ProtoFactory
      summary = ProtoFactory(PlatformDelegate()).TraceSummary()
      summary.ParseFromString(sys.stdin.buffer.read())
      for bundle in summary.metric_bundles:
          for place, spec in enumerate(bundle.specs):
              names = [d.name for d in spec.dimensions_specs]
              kind = spec.DESCRIPTOR.fields_by_name["unit"].enum_type.values_by_number
              unit = kind[spec.unit].name if spec.HasField("unit") else spec.custom_unit
              for row in bundle.row:
                  print(spec.id, unit, row.values[place].double_value,
                        dict(zip(names, [d.string_value for d in row.dimension])))
      print({m.key: m.value for m in summary.metadata})
      """, input: try bytes("trace-summary"))
    let lines = found.split(separator: "\n").map(String.init)
    #expect(lines.count == 9)
    let place = "{'run': 'run-1', 'firmware': 'nightly', 'phase': 'read'"
    #expect(
      lines[0] == "latgate_block_device_events COUNT 15309.0 "
        + "\(place), 'dev': 'vda', 'op': 'a,b \"c\"'}")
    let p99 = try #require(latency.quantile(0.99))
    #expect(lines[3].hasPrefix("latgate_block_device_p99 TIME_NANOS \(p99) {'run'"), "\(lines[3])")
    #expect(lines[4] == "latgate_block_size_events COUNT 210.0 \(place)}")
    #expect(lines[5].hasPrefix("latgate_block_size_p50 KiB "), "\(lines[5])")
    #expect(lines[8].contains("'suite': 'storage'") && lines[8].contains("'serial': 's1'"))
  }
}
