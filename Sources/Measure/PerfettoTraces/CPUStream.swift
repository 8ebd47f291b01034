import TraceFold

/// The events of one CPU in the order of time, decoded a bundle at a time.
struct CPUStream {
  private let data: [UInt8]
  private let cpu: UInt32
  private var bundles: ArraySlice<TraceIndex.Bundle>
  private var events: [lg_trace_event] = []
  private var at = 0
  /// Who runs, for switches that name only the next one; nil = not known yet.
  private var current: UInt32?

  /// Events without a field that they always have: it was removed.
  private(set) var incomplete = 0

  /// Whether `sched_waking` stands in for `sched_wakeup`.
  private let wakingIsWakeup: Bool

  private let metrics: FoldMetrics

  init(
    _ data: [UInt8], cpu: UInt32, bundles: [TraceIndex.Bundle], wakingIsWakeup: Bool,
    metrics: FoldMetrics
  ) {
    self.data = data
    self.cpu = cpu
    self.bundles = bundles[...]
    self.wakingIsWakeup = wakingIsWakeup
    self.metrics = metrics
  }

  /// The next event without taking it; nil at the end.
  mutating func peek() throws(PerfettoTraceError) -> lg_trace_event? {
    while at == events.count {
      guard let bundle = bundles.popFirst() else { return nil }
      try decode(bundle)
    }
    return events[at]
  }

  /// Takes what ``peek()`` gave.
  mutating func advance() {
    at += 1
  }

  private mutating func decode(_ bundle: TraceIndex.Bundle) throws(PerfettoTraceError) {
    events.removeAll(keepingCapacity: true)
    at = 0
    // Who runs is not known after a loss.
    if bundle.followsLoss { current = nil }
    var compact: [Range<Int>] = []
    var reader = WireReader(data, bundle.range)
    while let field = try reader.next() {
      switch field.number {
      case 2: try event(field.bytes)
      case 4: compact.append(field.bytes)
      default: break
      }
    }
    for range in compact { try compactEvents(range) }
    // Both kinds are in order by themselves. Equal times keep theirs: the sort is stable.
    if !compact.isEmpty { events.sort { $0.time_ns < $1.time_ns } }
  }

  private mutating func event(_ range: Range<Int>) throws(PerfettoTraceError) {
    var made = lg_trace_event()
    var payload: WireField?
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1: made.time_ns = field.number64
      case 2: made.tid = field.number32
      case 5: break  // flags
      default: payload = field
      }
    }
    guard let payload else { return }
    let standsIn = wakingIsWakeup && payload.number == EventDecoding.waking
    let kind = standsIn ? LG_EVENT_SCHED_WAKEUP : EventDecoding.kind(ofField: payload.number)
    let declared = metrics.declaredByField[payload.number]
    guard kind != nil || declared != nil else { return }
    made.kind = kind?.rawValue ?? LG_EVENT_KINDS.rawValue
    made.cpu = cpu
    let traced = declared.flatMap { metrics.declared.events[$0].traced }
    let fields = try EventFields(data, payload.bytes, slots: traced?.slots ?? 0)
    let needed = kind.map(EventDecoding.needed) ?? []
    guard fields.has(needed), fields.has(traced?.values.map(\.field.number) ?? []) else {
      incomplete += 1
      return
    }
    if let kind { EventDecoding.fill(&made, kind: kind, fields, data) }
    if let declared, let traced {
      EventDecoding.fill(&made, declared: declared, traced, fields, data)
    }
    if kind == LG_EVENT_SCHED_SWITCH { current = made.sched_switch.next_tid }
    events.append(made)
  }

  private mutating func compactEvents(_ range: Range<Int>) throws(PerfettoTraceError) {
    var columns = [[UInt64]](repeating: [], count: 9)
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      // Names of threads, and columns that say nothing of times.
      guard field.number < columns.count, field.number != 5 else { continue }
      var column = WireReader(data, field.bytes)
      while let value = try column.nextPacked() {
        columns[field.number].append(value)
      }
    }
    guard columns[1].count == columns[2].count, columns[1].count == columns[3].count,
      columns[7].count == columns[8].count
    else {
      throw .malformed(offset: range.lowerBound, problem: "columns of unequal length")
    }
    var ns: UInt64 = 0
    for row in columns[1].indices {
      ns &+= columns[1][row]
      var made = lg_trace_event()
      made.time_ns = ns
      made.cpu = cpu
      made.kind = LG_EVENT_SCHED_SWITCH.rawValue
      // Thread 0 is left alone by the directories, as one that is not known must be.
      made.tid = current ?? 0
      made.sched_switch.prev_tid = current ?? 0
      made.sched_switch.next_tid = UInt32(truncatingIfNeeded: columns[3][row])
      made.sched_switch.sleep = lg_trace_sleep(columns[2][row], nil)
      current = made.sched_switch.next_tid
      events.append(made)
    }
    guard wakingIsWakeup else { return }
    ns = 0
    for row in columns[7].indices {
      ns &+= columns[7][row]
      var made = lg_trace_event()
      made.time_ns = ns
      made.cpu = cpu
      made.kind = LG_EVENT_SCHED_WAKEUP.rawValue
      made.wakeup.tid = UInt32(truncatingIfNeeded: columns[8][row])
      events.append(made)
    }
  }
}
