import Foundation
import LatencyHistograms

/// OpenTelemetry's `ExportMetricsServiceRequest`: a resource for each run, a data point for each
/// iteration of a metric, with delta temporality.
struct OTLPFormat: HistogramFormat {
  enum Encoding: Sendable {
    /// The JSON mapping of OTLP/HTTP.
    case json
    case protobuf
  }

  enum Shape: Sendable {
    /// latgate's own buckets: exact.
    case explicit
    /// See ``ExponentialBuckets``.
    case exponential
  }

  let encoding: Encoding
  let shape: Shape

  var name: String {
    (encoding == .json ? "otlp" : "otlp-protobuf") + (shape == .explicit ? "" : "-exponential")
  }

  var summary: String {
    "OpenTelemetry, \(encoding == .json ? "JSON" : "protobuf"), "
      + (shape == .explicit ? "exact bounds" : "exponential histograms")
  }

  func bytes(_ runs: [RecordedRun]) throws -> [UInt8] {
    switch encoding {
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let request = Request(resourceMetrics: runs.map { Request.Resource($0, shape) })
      return Array(try encoder.encode(request)) + [UInt8(ascii: "\n")]
    case .protobuf:
      var writer = ProtobufWriter()
      for run in runs { writer.message(1) { resource(run, &$0) } }
      return writer.bytes
    }
  }

  /// Metric labels and the phase as attributes.
  fileprivate static func attributes(_ metric: RecordedRun.Metric) -> [(String, String)] {
    metric.id.labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      + [("phase", metric.id.phase), ("rung", metric.id.rung)].filter { !$0.1.isEmpty }
  }

  fileprivate static func facts(_ run: RecordedRun) -> [(String, String)] {
    [("service.name", "latgate"), ("latgate.run", run.id)]
      + run.facts.map { ("latgate.\($0.name)", $0.value) }
  }

  // MARK: Protobuf

  private func resource(_ run: RecordedRun, _ writer: inout ProtobufWriter) {
    writer.message(1) { resource in
      for (key, value) in Self.facts(run) { resource.attribute(1, key, value) }
    }
    writer.message(2) { scope in
      scope.message(1) { $0.text(1, "latgate") }
      for metric in run.metrics {
        scope.message(2) { one in
          one.text(1, metric.id.name)
          one.text(3, metric.id.unit)
          one.message(shape == .explicit ? 9 : 10) { histogram in
            for sample in metric.samples {
              histogram.message(1) { point(sample, metric, &$0) }
            }
            histogram.integer(2, 1)
          }
        }
      }
    }
  }

  private func point(
    _ sample: RecordedRun.Sample, _ metric: RecordedRun.Metric, _ writer: inout ProtobufWriter
  ) {
    let counts = sample.histogram
    writer.fixed(2, sample.unixNs)
    writer.fixed(3, sample.unixNs + sample.durationNs)
    writer.fixed(4, counts.count)
    writer.double(5, Double(counts.sum))
    switch shape {
    case .explicit:
      let buckets = ExplicitBuckets(counts)
      writer.fixed(6, packed: buckets.counts)
      writer.fixed(7, packed: buckets.bounds.map(\.bitPattern))
      for (key, value) in Self.attributes(metric) { writer.attribute(9, key, value) }
      writer.double(12, Double(counts.max))
    case .exponential:
      let buckets = ExponentialBuckets(counts)
      for (key, value) in Self.attributes(metric) { writer.attribute(1, key, value) }
      writer.signed(6, Int64(ExponentialBuckets.scale))
      writer.fixed(7, buckets.zeroCount)
      writer.message(8) { positive in
        positive.signed(1, Int64(buckets.offset))
        positive.varints(2, packed: buckets.counts)
      }
      writer.double(13, Double(counts.max))
    }
  }

  // MARK: JSON

  private struct Request: Encodable {
    var resourceMetrics: [Resource]

    struct Value: Encodable {
      var stringValue: String
    }

    struct Attribute: Encodable {
      var key: String
      var value: Value

      static func all(_ pairs: [(String, String)]) -> [Attribute] {
        pairs.map { Attribute(key: $0.0, value: Value(stringValue: $0.1)) }
      }
    }

    struct Resource: Encodable {
      struct Facts: Encodable {
        var attributes: [Attribute]
      }

      struct Scope: Encodable {
        struct Name: Encodable {
          var name = "latgate"
        }

        var scope = Name()
        var metrics: [Metric]
      }

      var resource: Facts
      var scopeMetrics: [Scope]

      init(_ run: RecordedRun, _ shape: Shape) {
        resource = Facts(attributes: Attribute.all(OTLPFormat.facts(run)))
        scopeMetrics = [Scope(metrics: run.metrics.map { Metric($0, shape) })]
      }
    }

    struct Metric: Encodable {
      struct Points: Encodable {
        var aggregationTemporality = 1
        var dataPoints: [Point]
      }

      var name: String
      var unit: String
      var histogram: Points?
      var exponentialHistogram: Points?

      init(_ metric: RecordedRun.Metric, _ shape: Shape) {
        name = metric.id.name
        unit = metric.id.unit
        let attributes = Attribute.all(OTLPFormat.attributes(metric))
        let points = Points(
          dataPoints: metric.samples.map { Point($0, shape, attributes) })
        switch shape {
        case .explicit: histogram = points
        case .exponential: exponentialHistogram = points
        }
      }
    }

    /// 64-bit integers are text in protobuf's JSON.
    struct Point: Encodable {
      struct Positive: Encodable {
        var offset: Int
        var bucketCounts: [String]
      }

      var attributes: [Attribute]
      var startTimeUnixNano: String
      var timeUnixNano: String
      var count: String
      var sum: Double
      var max: Double
      var bucketCounts: [String]?
      var explicitBounds: [Double]?
      var scale: Int?
      var zeroCount: String?
      var positive: Positive?

      init(_ sample: RecordedRun.Sample, _ shape: Shape, _ attributes: [Attribute]) {
        self.attributes = attributes
        let counts = sample.histogram
        startTimeUnixNano = "\(sample.unixNs)"
        timeUnixNano = "\(sample.unixNs + sample.durationNs)"
        count = "\(counts.count)"
        sum = Double(counts.sum)
        max = Double(counts.max)
        switch shape {
        case .explicit:
          let buckets = ExplicitBuckets(counts)
          bucketCounts = buckets.counts.map { "\($0)" }
          explicitBounds = buckets.bounds
        case .exponential:
          let buckets = ExponentialBuckets(counts)
          scale = ExponentialBuckets.scale
          zeroCount = "\(buckets.zeroCount)"
          positive = Positive(
            offset: buckets.offset, bucketCounts: buckets.counts.map { "\($0)" })
        }
      }
    }
  }
}

/// The occupied buckets of a histogram with gaps between them, by the largest value of each: a bucket
/// holds what is above the bound before and up to its own.
private struct ExplicitBuckets {
  var bounds: [Double] = []
  /// One more than bounds: nothing lies above the last.
  var counts: [UInt64] = []

  init(_ histogram: LatencyHistogram) {
    var next: UInt64 = 0
    for bucket in histogram.sparse {
      let range = histogram.layout.bounds(of: bucket.index)
      if range.lower > next {
        bounds.append(Double(range.lower - 1))
        counts.append(0)
      }
      bounds.append(Double(range.upper - 1))
      counts.append(bucket.count)
      next = range.upper
    }
    counts.append(0)
  }
}

extension ProtobufWriter {
  /// A `KeyValue` of text.
  fileprivate mutating func attribute(_ field: Int, _ key: String, _ value: String) {
    message(field) { pair in
      pair.text(1, key)
      pair.message(2) { $0.text(1, value) }
    }
  }
}
