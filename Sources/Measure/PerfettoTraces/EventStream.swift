import TraceFold

/// The kernel events of all CPUs in the order of time.
struct EventStream {
  private var streams: [CPUStream]
  private var lastNs: UInt64 = 0
  private var taken = 0
  /// Events earlier than one given out before: the trace is not what it says it is.
  private var disordered = 0

  init(_ data: [UInt8], _ index: TraceIndex) {
    let byCPU = Dictionary(grouping: index.bundles, by: \.cpu)
    streams = byCPU.sorted { $0.key < $1.key }.map { cpu, bundles in
      CPUStream(
        data, cpu: cpu, bundles: bundles, wakingIsWakeup: index.wakingIsWakeup,
        metrics: index.metrics)
    }
  }

  /// Why what was given out does not count, after the last event.
  var faults: [String] {
    var faults: [String] = []
    if disordered > 0 { faults.append("\(disordered) events are not in the order of time") }
    let incomplete = streams.reduce(0) { $0 + $1.incomplete }
    if incomplete > 0 {
      faults.append(
        "\(incomplete) events lack fields that the kernel writes: a filter took them out")
    }
    return faults
  }

  mutating func next() throws(PerfettoTraceError) -> lg_trace_event? {
    taken += 1
    if taken & 0xffff == 0, Task.isCancelled { throw .interrupted }
    var earliest: (index: Int, event: lg_trace_event)?
    for index in streams.indices {
      guard let event = try streams[index].peek() else { continue }
      if earliest.map({ event.time_ns < $0.event.time_ns }) ?? true { earliest = (index, event) }
    }
    guard let earliest else { return nil }
    streams[earliest.index].advance()
    if earliest.event.time_ns < lastNs { disordered += 1 }
    lastNs = max(lastNs, earliest.event.time_ns)
    return earliest.event
  }
}

extension TraceIndex {
  /// Whether `sched_waking` stands in for `sched_wakeup`, which many configurations leave out.
  var wakingIsWakeup: Bool {
    eventFields.contains(EventDecoding.waking) && !eventFields.contains(EventDecoding.wakeup)
  }

  /// The events that the trace has.
  var presence: EventPresence {
    EventPresence(
      kinds: kinds,
      declared: metrics.declared.events.map { event in
        guard let traced = event.traced, eventFields.contains(traced.number) else { return 0 }
        return isWhole(traced) ? traced.presence : 0
      })
  }

  /// Whether every event of a kind has its fields.
  private func isWhole(_ event: DeclaredMetrics.TracedEvent) -> Bool {
    let columns = [EventDecoding.switching, EventDecoding.waking]
    return !hasCompactScheduling || !columns.contains(event.number)
  }

  /// The events that a recording of ours has, whether or not they happened.
  var recorded: EventPresence {
    EventPresence(
      kinds: .max,
      declared: metrics.declared.events.map { event in
        guard let traced = event.traced, isWhole(traced),
          !facts.unknownEvents.contains(event.path), !facts.refusedEvents.contains(event.path)
        else { return 0 }
        return traced.presence
      })
  }

  /// `LG_EVENT_BIT()`s of the events the trace has.
  private var kinds: UInt64 {
    var bits: UInt64 = 0
    for field in eventFields {
      if let kind = EventDecoding.kind(ofField: field) { bits |= 1 << UInt64(kind.rawValue) }
    }
    if wakingIsWakeup { bits |= 1 << UInt64(LG_EVENT_SCHED_WAKEUP.rawValue) }
    // A short trace may see no thread being born.
    let births = "sched/sched_wakeup_new"
    let isRecorded =
      !facts.unknownEvents.contains(births) && !facts.refusedEvents.contains(births)
    if isRecorded, bits & (1 << UInt64(LG_EVENT_SCHED_WAKEUP.rawValue)) != 0 {
      bits |= 1 << UInt64(LG_EVENT_SCHED_WAKEUP_NEW.rawValue)
    }
    return bits
  }
}
