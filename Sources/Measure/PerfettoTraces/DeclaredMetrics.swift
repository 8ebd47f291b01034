import TraceFold

/// Owns a set of declared metrics, which nothing changes after it was made.
final class DeclaredMetrics: @unchecked Sendable {
  /// An event of the set.
  struct Event: Sendable {
    /// `group/name`.
    var path: String
    /// As traces of perfetto have it; nil when it has no definition of it.
    var traced: TracedEvent?
  }

  /// What is read of an event's message.
  struct TracedEvent: Sendable {
    /// Of the field of FtraceEvent.
    var number: Int
    /// Which of the event's values a field is.
    var values: [(value: Int, field: PerfettoEvent.Field)]
    /// As `lg_fold_options.present` has it.
    var presence: UInt32
    /// One more than the largest number of a field.
    var slots: Int
  }

  let handle: OpaquePointer
  let events: [Event]

  init(_ declarations: [[UInt8]]) throws(PerfettoTraceError) {
    guard let handle = lg_declared_new() else { throw .window("not enough memory for the probes") }
    self.handle = handle
    for bytes in declarations {
      var fault: UnsafePointer<CChar>?
      if lg_declared_add(handle, bytes, bytes.count, &fault) < 0 {
        lg_declared_free(handle)
        throw .declaration(fault.map { String(cString: $0) } ?? "")
      }
    }
    events = (0..<lg_declared_events(handle)).compactMap { number in
      guard let event = lg_declared_event(handle, number)?.pointee else { return nil }
      return Event(event)
    }
  }

  deinit { lg_declared_free(handle) }

  /// Names and facts of the metrics, by number.
  var metrics: [(name: String, isByClass: Bool)] {
    (0..<lg_declared_metrics(handle)).compactMap { number in
      var metric = lg_declared_metric()
      guard lg_declared_metric(handle, number, &metric), let name = metric.name else { return nil }
      return (String(cString: name), metric.by_class)
    }
  }

  /// Whether a metric can be folded from events that are there, by their number.
  func isPossible(_ metric: Int, present: [UInt32]) -> Bool {
    lg_declared_possible(handle, UInt32(metric), present)
  }

  /// Numbers of the events that a metric is made from.
  func events(of metric: Int) -> [Int] {
    events.indices.filter { lg_declared_uses(handle, UInt32(metric), UInt32($0), nil) }
  }
}

extension DeclaredMetrics.Event {
  fileprivate init(_ event: lg_declared_event) {
    let name = text(event.name)
    path = "\(text(event.system))/\(name)"
    traced = PerfettoEvent.all[name].map { definition in
      var traced = DeclaredMetrics.TracedEvent(
        number: definition.number, values: [], presence: UInt32(LG_DECLARED_PRESENT), slots: 1)
      for value in 0..<Int(event.field_count) {
        let isText = event.texts >> UInt32(value) & 1 == 1
        guard let field = definition.fields[fieldName(event, value)],
          (field.kind == .text) == isText
        else { continue }
        traced.values.append((value, field))
        traced.presence |= 1 << UInt32(value)
        traced.slots = max(traced.slots, field.number + 1)
      }
      return traced
    }
  }
}

/// The text of an array of characters that ends with NUL.
private func text<Characters>(_ characters: Characters) -> String {
  withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

private func fieldName(_ event: lg_declared_event, _ number: Int) -> String {
  withUnsafeBytes(of: event.fields) { bytes in
    let size = Int(LG_SPANS_TEXT) + 1
    let name = bytes[number * size..<(number + 1) * size]
    return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
  }
}
