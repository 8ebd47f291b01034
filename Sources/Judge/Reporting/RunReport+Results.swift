import RunRecords

extension RunReport {
  /// How often something happened, over all judged iterations.
  package struct Counter: Sendable, Equatable, Encodable {
    /// ``MetricID/text``.
    package var metric: String
    /// Of ``sum``.
    package var unit: String
    package var rung: String
    package var count: UInt64
    package var sum: UInt64
    /// ``sum`` over the time that windows were open.
    package var perSecond: Double
    /// The same of each iteration, for pictures.
    var rates: [Double] = []

    private enum CodingKeys: CodingKey {
      case metric, unit, rung, count, sum, perSecond
    }
  }

  /// Single events of all judged iterations.
  package struct Events: Sendable, Equatable, Encodable {
    /// ``MetricID/text``.
    package var metric: String
    package var rung: String
    package var columns: [EventsRecord.Column]
    package var rows: [[EventsRecord.Value]]
    /// Those that had no room.
    package var dropped: UInt64
    /// All of them over the time that windows were open.
    package var perSecond: Double
  }

  /// Counters of a record's judged iterations, by metric.
  static func counters(_ record: RunRecord) -> [Counter] {
    var found: [MetricID: (count: UInt64, sum: UInt64)] = [:]
    var rates: [MetricID: [Int: Double]] = [:]
    var openNs: [String: UInt64] = [:]
    let judged = record.iterations.filter(\.isJudged)
    for (place, phase) in judged.enumerated().flatMap({ place, one in
      one.phases.map { (place, $0) }
    }) {
      openNs[phase.name, default: 0] &+= phase.durationNs
      for counter in phase.counters {
        let id = record.id(
          counter.metric, phase: phase.name, labels: counter.labels, unit: counter.unit)
        let old = found[id] ?? (0, 0)
        found[id] = (old.count &+ counter.count, old.sum &+ counter.sum)
        if phase.durationNs > 0 {
          rates[id, default: [:]][place, default: 0] +=
            Double(counter.sum) / (Double(phase.durationNs) / 1e9)
        }
      }
    }
    return found.sorted { $0.key < $1.key }.map { id, counter in
      let seconds = Double(openNs[id.phase] ?? 0) / 1e9
      return Counter(
        metric: id.text, unit: id.unit, rung: id.rung, count: counter.count, sum: counter.sum,
        perSecond: seconds > 0 ? Double(counter.sum) / seconds : 0,
        rates: judged.indices.map { rates[id]?[$0] ?? 0 })
    }
  }

  /// Events of a record's judged iterations, by metric, one iteration after the other.
  static func events(_ record: RunRecord) -> [Events] {
    var found: [MetricID: Events] = [:]
    var openNs: [String: UInt64] = [:]
    for phase in record.iterations.filter(\.isJudged).flatMap(\.phases) {
      openNs[phase.name, default: 0] &+= phase.durationNs
      for events in phase.events {
        let id = record.id(events.metric, phase: phase.name, labels: [:], unit: "")
        found[
          id,
          default: Events(
            metric: id.text, rung: id.rung, columns: events.columns, rows: [], dropped: 0,
            perSecond: 0)
        ].add(events)
      }
    }
    return found.sorted { $0.key < $1.key }.map { id, events in
      var events = events
      let seconds = Double(openNs[id.phase] ?? 0) / 1e9
      let all = Double(events.rows.count) + Double(events.dropped)
      events.perSecond = seconds > 0 ? all / seconds : 0
      return events
    }
  }

  /// Rows of a table that are shown unless all are asked for.
  private static let shownRows = 10

  func counterTable(_ width: Int, _ style: TextStyle) -> [String] {
    var table = TextTable(columns: [
      .init(title: "counter", isElastic: true), .init(title: "count", alignment: .right),
      .init(title: "sum", alignment: .right), .init(title: "per second", alignment: .right),
    ])
    for counter in counters ?? [] {
      table.add(
        .init(counter.metric), .init(humanCount(counter.count)),
        .init(humanValue(Double(counter.sum), unit: counter.unit)),
        .init(humanValue(counter.perSecond, unit: counter.unit)))
    }
    return table.lines(width: width, style: style)
  }

  func eventTable(
    _ events: Events, _ width: Int, _ style: TextStyle, showsAll: Bool
  ) -> [String] {
    var table = TextTable(
      columns: events.columns.map {
        .init(title: $0.name, alignment: $0.unit == nil ? .left : .right)
      })
    let rows = showsAll ? events.rows[...] : events.rows.prefix(Self.shownRows)
    for row in rows {
      table.rows.append(
        .cells(zip(events.columns, row).map { .init(Self.text($1, unit: $0.unit)) }))
    }
    var lines = [Emphasis.strong.applied(to: shortened(oneLine(events.metric), to: width), style)]
    lines += rows.isEmpty ? ["No events."] : table.lines(width: width, style: style)
    let hidden = events.rows.count - rows.count
    if hidden > 0 {
      lines.append(
        Emphasis.dim.applied(to: "Not shown: \(counted(hidden, "row")) (--all shows them)", style))
    }
    if events.dropped > 0 {
      lines.append(
        Emphasis.doubtful.applied(
          to: "\(humanCount(events.dropped)) more had no room: see 'keep' in the manifest", style))
    }
    return lines
  }

  /// A cell of a row, in its column's unit.
  static func text(_ value: EventsRecord.Value, unit: String?) -> String {
    switch value {
    case .text(let text): oneLine(text)
    case .number(let number):
      unit.map { humanValue(Double(number), unit: $0) } ?? String(number)
    }
  }
}

extension RunReport.Events {
  fileprivate mutating func add(_ events: EventsRecord) {
    rows += events.rows
    dropped &+= events.dropped
  }
}

extension RunRecord {
  /// The identity of what a metric gave in a phase.
  func id(
    _ metric: String, phase: String, labels: [String: String], unit: String
  ) -> MetricID {
    let probe = probes.first { $0.name == MetricID.probe(ofMetric: metric) }
    return MetricID(
      name: metric, phase: phase, labels: labels, unit: unit, tier: probe?.tier ?? tier,
      rung: probe?.rung ?? "")
  }
}
