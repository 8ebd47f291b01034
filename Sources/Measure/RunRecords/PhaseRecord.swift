/// A named part of the workload, measured in its own window.
///
/// In the file the results of all kinds are one list, `results`, whose entries say their `kind`.
/// Records of version 1 have `histograms` alone.
package struct PhaseRecord: Sendable, Equatable {
  package var name: String
  /// Time the window was open, ns.
  package var durationNs: UInt64
  /// Time spent waiting for operations in flight afterwards, ns.
  package var drainNs: UInt64
  package var histograms: [HistogramRecord]
  package var counters: [CounterRecord]
  package var events: [EventsRecord]
  package var stacks: [StacksRecord]
  package var losses: [LossRecord]
  package var scalars: [ScalarRecord]
  package var steps: [StepRecord]

  package init(
    name: String, durationNs: UInt64, drainNs: UInt64, histograms: [HistogramRecord] = [],
    counters: [CounterRecord] = [], events: [EventsRecord] = [], stacks: [StacksRecord] = [],
    losses: [LossRecord] = [], scalars: [ScalarRecord] = [], steps: [StepRecord] = []
  ) {
    self.name = name
    self.durationNs = durationNs
    self.drainNs = drainNs
    self.histograms = histograms
    self.counters = counters
    self.events = events
    self.stacks = stacks
    self.losses = losses
    self.scalars = scalars
    self.steps = steps
  }

  /// Whether no metric gave anything.
  package var isEmpty: Bool {
    histograms.isEmpty && counters.isEmpty && events.isEmpty && stacks.isEmpty
  }

  /// The field of the results' list that cannot be, and why; nil when all are sound.
  var problem: (field: String, text: String)? {
    for (index, record) in histograms.enumerated() {
      if let text = record.problem { return ("[\(index)].buckets", text) }
    }
    for (index, record) in events.enumerated() {
      if let text = record.problem {
        return ("[\(histograms.count + counters.count + index)].rows", text)
      }
    }
    return nil
  }

  /// By metric and labels, so that equal results are equal files.
  package mutating func sortResults() {
    histograms.sort { ($0.metric, labelText($0.labels)) < ($1.metric, labelText($1.labels)) }
    counters.sort { ($0.metric, labelText($0.labels)) < ($1.metric, labelText($1.labels)) }
    events.sort { $0.metric < $1.metric }
    stacks.sort { ($0.metric, labelText($0.labels)) < ($1.metric, labelText($1.labels)) }
  }
}

private func labelText(_ labels: [String: String]) -> String {
  labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
}

extension PhaseRecord: Codable {
  private enum Key: String, CodingKey {
    case name, durationNs, drainNs, histograms, results, losses, scalars, steps
  }

  /// What a metric gave.
  private enum Result: Codable {
    case histogram(HistogramRecord)
    case counter(CounterRecord)
    case events(EventsRecord)
    case stacks(StacksRecord)

    enum Kind: String, Codable {
      case histogram, counter, events, stacks
    }

    private enum Key: String, CodingKey {
      case kind
    }

    init(from decoder: any Decoder) throws {
      switch try decoder.container(keyedBy: Key.self).decode(Kind.self, forKey: .kind) {
      case .histogram: self = .histogram(try HistogramRecord(from: decoder))
      case .counter: self = .counter(try CounterRecord(from: decoder))
      case .events: self = .events(try EventsRecord(from: decoder))
      case .stacks: self = .stacks(try StacksRecord(from: decoder))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      switch self {
      case .histogram(let record):
        try container.encode(Kind.histogram, forKey: .kind)
        try record.encode(to: encoder)
      case .counter(let record):
        try container.encode(Kind.counter, forKey: .kind)
        try record.encode(to: encoder)
      case .events(let record):
        try container.encode(Kind.events, forKey: .kind)
        try record.encode(to: encoder)
      case .stacks(let record):
        try container.encode(Kind.stacks, forKey: .kind)
        try record.encode(to: encoder)
      }
    }
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      name: try container.decode(String.self, forKey: .name),
      durationNs: try container.decode(UInt64.self, forKey: .durationNs),
      drainNs: try container.decode(UInt64.self, forKey: .drainNs),
      losses: try container.decode([LossRecord].self, forKey: .losses),
      scalars: try container.decode([ScalarRecord].self, forKey: .scalars),
      steps: try container.decode([StepRecord].self, forKey: .steps))
    if container.contains(.histograms) {
      histograms = try container.decode([HistogramRecord].self, forKey: .histograms)
      return
    }
    for result in try container.decode([Result].self, forKey: .results) {
      switch result {
      case .histogram(let record): histograms.append(record)
      case .counter(let record): counters.append(record)
      case .events(let record): events.append(record)
      case .stacks(let record): stacks.append(record)
      }
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(name, forKey: .name)
    try container.encode(durationNs, forKey: .durationNs)
    try container.encode(drainNs, forKey: .drainNs)
    let results =
      histograms.map(Result.histogram) + counters.map(Result.counter)
      + events.map(Result.events) + stacks.map(Result.stacks)
    try container.encode(results, forKey: .results)
    try container.encode(losses, forKey: .losses)
    try container.encode(scalars, forKey: .scalars)
    try container.encode(steps, forKey: .steps)
  }
}
