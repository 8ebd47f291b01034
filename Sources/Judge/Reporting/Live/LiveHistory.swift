import LatencyHistograms
import RunRecords

/// What was seen, sample by sample; the oldest samples are forgotten, their sum is not.
struct LiveHistory: Sendable {
  /// A sample with what a user did in it.
  struct Column: Sendable {
    var sample: LiveSample
    /// The sample's metrics by their place in ``metrics``.
    var counts: [(metric: Int, counts: LiveCounts)]
    /// Number of the mark that was set in it; nil = none.
    var mark: Int?
  }

  /// A metric with one set of labels.
  struct Metric: Sendable {
    var id: MetricID
    /// That of its id, which is made once.
    var text: String
  }

  /// Over which time numbers are shown.
  enum Span: Sendable, Equatable {
    /// The last seconds.
    case recent(Double)
    case all
  }

  /// Samples that are kept: ten minutes of half seconds.
  private static let mostColumns = 1200

  private(set) var columns: [Column] = []
  /// Over all time, s.
  private(set) var seconds = 0.0
  /// Metrics in the order in which they came.
  private(set) var metrics: [Metric] = []
  private var places: [MetricID: Int] = [:]
  /// Over all time, by place.
  private(set) var totals: [LiveSum] = []
  private var losses: [String: LiveLosses] = [:]
  private(set) var marks = 0

  mutating func add(_ sample: LiveSample) {
    let counts = sample.metrics.map { id, counts in (metric: place(of: id), counts: counts) }
    columns.append(Column(sample: sample, counts: counts))
    if columns.count > Self.mostColumns { columns.removeFirst(columns.count - Self.mostColumns) }
    seconds += sample.seconds
    for (metric, counts) in counts {
      totals[metric].add(counts)
      totals[metric].settle()
    }
    for (name, lost) in sample.losses { losses[name, default: LiveLosses()].add(lost) }
  }

  private mutating func place(of id: MetricID) -> Int {
    if let place = places[id] { return place }
    places[id] = metrics.count
    metrics.append(Metric(id: id, text: id.text))
    totals.append(LiveSum())
    return metrics.count - 1
  }

  /// Marks the present moment; its number.
  mutating func mark() -> Int {
    marks += 1
    if let last = columns.indices.last { columns[last].mark = marks }
    return marks
  }

  /// The samples of a span, and the time that they cover, s.
  func samples(of span: Span) -> (columns: ArraySlice<Column>, seconds: Double) {
    guard case .recent(let limit) = span else { return (columns[...], seconds) }
    var first = columns.endIndex
    var covered = 0.0
    while first > columns.startIndex, covered < limit - 1e-3 {
      first -= 1
      covered += columns[first].sample.seconds
    }
    return (columns[first...], covered)
  }

  /// What a span had of each metric, by place.
  func sums(of span: Span) -> [LiveSum] {
    if span == .all { return totals }
    var sums = Array(repeating: LiveSum(), count: metrics.count)
    for column in samples(of: span).columns {
      for (metric, counts) in column.counts { sums[metric].add(counts) }
    }
    return sums
  }

  /// A span as what others are held against.
  func reference(of span: Span, name: String) -> LiveReference {
    LiveReference(zip(metrics, sums(of: span)).map { ($0.id, $1) }, name: name)
  }

  /// Share of a metric's operations that a span lost, 0...1; nil where nothing was seen.
  func lossShare(of metric: String, in span: Span) -> Double? {
    var found = LiveLosses()
    if span == .all {
      found = losses[metric] ?? found
    } else {
      for column in samples(of: span).columns {
        if let losses = column.sample.losses[metric] { found.add(losses) }
      }
    }
    return found.seen > 0 ? Double(found.lost) / Double(found.seen) : nil
  }

  /// Operations that were recorded of a metric, over all labels, whatever its kind.
  func recorded(of metric: String, in span: Span) -> UInt64 {
    if span == .all { return losses[metric].map { $0.seen &- $0.lost } ?? 0 }
    return samples(of: span).columns.reduce(0) { total, column in
      total &+ (column.sample.losses[metric].map { $0.seen &- $0.lost } ?? 0)
    }
  }
}
