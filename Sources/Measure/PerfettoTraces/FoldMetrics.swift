import TraceFold

/// Metrics that traces fold to, and the kernel events they are made from: those that `TraceFold`
/// knows, and those that are declared as tables.
package struct FoldMetrics: Sendable {
  let declared: DeclaredMetrics
  /// Names of every metric, by its number in a fold.
  package let names: [String]
  /// Names of the metrics that say whose threads they are of.
  let byClass: Set<String>
  /// Declared events by the field of FtraceEvent that holds them.
  let declaredByField: [Int: Int]

  private static let known = (0..<LG_FOLD_METRICS.rawValue).compactMap { metric in
    lg_fold_metric_info(metric).map { String(cString: $0.pointee.name) }
  }
  private static let knownByClass: Set<String> = [
    "runqueue.wait", "binder.call", "binder.roundtrip", "sleep.uninterruptible",
  ]

  /// Metrics that are known, and those of `declarations`, each as `span_declaration.h` says.
  /// - Throws: ``PerfettoTraceError/declaration(_:)``.
  package init(declarations: [[UInt8]] = []) throws(PerfettoTraceError) {
    let declared = try DeclaredMetrics(declarations)
    self.declared = declared
    let metrics = declared.metrics
    names = Self.known + metrics.map(\.name)
    byClass = Self.knownByClass.union(metrics.filter(\.isByClass).map(\.name))
    var fields: [Int: Int] = [:]
    for (number, event) in declared.events.enumerated() {
      if let traced = event.traced { fields[traced.number] = number }
    }
    declaredByField = fields
  }

  /// Whether a field of FtraceEvent holds an event that some metric is made from.
  func isUsed(_ field: Int) -> Bool {
    EventDecoding.kind(ofField: field) != nil || field == EventDecoding.waking
      || declaredByField[field] != nil
  }

  /// The events to record for some metrics, as `group/name`: those they need, and those that make
  /// them better where the kernel has them.
  package func events(of metrics: Set<String>) -> [String] {
    var bits = lg_fold_events(Self.bits(of: metrics))
    var paths: [String] = []
    for number in declaredNumbers(metrics) {
      if byClass.contains(names[Self.known.count + number]) { bits |= Self.births }
      paths += declared.events(of: number).map { declared.events[$0].path }
    }
    var seen: Set<String> = []
    return (Self.paths(bits) + paths).filter { seen.insert($0).inserted }
  }

  /// Whether perfetto has a definition of an event, given as `group/name`: of others it records what
  /// is not read.
  package func isDefined(_ event: String) -> Bool {
    declared.events.first { $0.path == event }.map { $0.traced != nil } ?? true
  }

  /// Of some metrics those that cannot be folded without `events`, which are as `group/name`.
  package func impossible(_ metrics: Set<String>, without events: Set<String>) -> Set<String> {
    let all = (1 as UInt64) << UInt64(LG_EVENT_KINDS.rawValue) - 1
    let kinds = (0..<LG_EVENT_KINDS.rawValue).reduce(all) { bits, kind in
      events.contains(Self.path(kind)) ? bits & ~(1 << UInt64(kind)) : bits
    }
    let presence = EventPresence(
      kinds: kinds,
      declared: declared.events.map { events.contains($0.path) ? 0 : $0.traced?.presence ?? 0 })
    return metrics.subtracting(possible(metrics, presence))
  }

  /// Those of some metrics that can be folded from events; nil: of all.
  func possible(_ metrics: Set<String>?, _ presence: EventPresence) -> Set<String> {
    let bits = lg_fold_possible(Self.bits(of: metrics), presence.kinds)
    var possible = Set(Self.known.indices.filter { bits >> UInt32($0) & 1 == 1 }.map { names[$0] })
    for number in declaredNumbers(metrics)
    where declared.isPossible(number, present: presence.declared) {
      possible.insert(names[Self.known.count + number])
    }
    return possible
  }

  /// The events that metrics lack, by the metric's name.
  func missing(_ metrics: Set<String>, _ presence: EventPresence) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for (number, name) in names.enumerated() where metrics.contains(name) {
      result[name] = needed(number).filter { !presence.contains($0, of: self) }
        .map { String($0.split(separator: "/")[1]) }
    }
    return result
  }

  /// Names of the events without which a metric, by its number, counts nothing true.
  func eventNames(_ number: Int) -> [String] {
    needed(number).map { String($0.split(separator: "/")[1]) }
  }

  private func needed(_ number: Int) -> [String] {
    if number < Self.known.count {
      return lg_fold_metric_info(UInt32(number)).map { Self.paths($0.pointee.needs) } ?? []
    }
    return declared.events(of: number - Self.known.count).map { declared.events[$0].path }
  }

  /// `LG_FOLD_BIT()`s of the known ones among metrics; nil: of all.
  static func bits(of metrics: Set<String>?) -> UInt32 {
    var bits: UInt32 = 0
    for (metric, name) in known.enumerated() where metrics?.contains(name) ?? true {
      bits |= 1 << UInt32(metric)
    }
    return bits
  }

  /// Numbers in their set of the declared ones among metrics; nil: of all.
  func declaredNumbers(_ metrics: Set<String>?) -> [Int] {
    names.indices.dropFirst(Self.known.count).filter { metrics?.contains(names[$0]) ?? true }
      .map { $0 - Self.known.count }
  }

  private static let births: UInt64 =
    1 << UInt64(LG_EVENT_TASK_NEWTASK.rawValue) | 1 << UInt64(LG_EVENT_SCHED_WAKEUP_NEW.rawValue)

  /// `group/name` of a set of `LG_EVENT_BIT()`s.
  private static func paths(_ bits: UInt64) -> [String] {
    (0..<LG_EVENT_KINDS.rawValue).filter { bits >> UInt64($0) & 1 == 1 }.map(path)
  }

  static func path(_ kind: UInt32) -> String {
    guard let group = lg_event_system(kind), let name = lg_event_name(kind) else { return "" }
    return "\(String(cString: group))/\(String(cString: name))"
  }
}

/// Which events there are.
struct EventPresence: Sendable, Equatable {
  /// `LG_EVENT_BIT()`s.
  var kinds: UInt64
  /// Of declared ones by number, as `lg_fold_options.present` has it.
  var declared: [UInt32]

  /// Whether an event is there, as `group/name`.
  fileprivate func contains(_ path: String, of metrics: FoldMetrics) -> Bool {
    for (number, event) in metrics.declared.events.enumerated() where event.path == path {
      return declared[number] != 0
    }
    return (0..<LG_EVENT_KINDS.rawValue).contains {
      kinds >> UInt64($0) & 1 == 1 && FoldMetrics.path($0) == path
    }
  }
}
