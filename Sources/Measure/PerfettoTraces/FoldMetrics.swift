import TraceFold

/// Metrics that traces fold to, and the kernel events they are made from.
package enum FoldMetrics {
  /// Names of every metric.
  package static var names: [String] {
    (0..<LG_FOLD_METRICS.rawValue).compactMap { metric in
      lg_fold_metric_info(metric).map { String(cString: $0.pointee.name) }
    }
  }

  /// The events to record for some metrics, as `group/name`: those they need, and those that make
  /// them better where the kernel has them.
  package static func events(of metrics: Set<String>) -> [String] {
    let events = lg_fold_events(bits(of: metrics))
    return (0..<LG_EVENT_KINDS.rawValue).compactMap { kind in
      guard events >> UInt64(kind) & 1 == 1, let group = lg_event_system(kind),
        let name = lg_event_name(kind)
      else { return nil }
      return "\(String(cString: group))/\(String(cString: name))"
    }
  }

  /// Of some metrics those that cannot be told without `events`, which are as `group/name`.
  package static func impossible(
    _ metrics: Set<String>, without events: Set<String>
  ) -> Set<String> {
    let had = (0..<LG_EVENT_KINDS.rawValue).reduce(0 as UInt64) { bits, kind in
      guard let group = lg_event_system(kind), let name = lg_event_name(kind) else { return bits }
      let text = "\(String(cString: group))/\(String(cString: name))"
      return events.contains(text) ? bits : bits | 1 << UInt64(kind)
    }
    let possible = lg_fold_possible(bits(of: metrics), had)
    return metrics.filter { possible & bits(of: [$0]) == 0 }
  }

  /// `LG_FOLD_BIT()`s of the metrics that say whose threads they are of.
  static let byClass = bits(of: [
    "runqueue.wait", "fsync.latency", "binder.call", "binder.roundtrip", "reclaim.direct",
    "sleep.uninterruptible",
  ])

  /// `LG_FOLD_BIT()`s of metrics by name; nil: of all.
  static func bits(of metrics: Set<String>?) -> UInt32 {
    var bits: UInt32 = 0
    for (metric, name) in names.enumerated() where metrics?.contains(name) ?? true {
      bits |= 1 << UInt32(metric)
    }
    return bits
  }

  /// The events that metrics lack, by the metric's name.
  static func missing(_ metrics: UInt32, having events: UInt64) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for (metric, name) in names.enumerated() where metrics >> UInt32(metric) & 1 == 1 {
      guard let info = lg_fold_metric_info(UInt32(metric))?.pointee else { continue }
      let needed = info.needs | info.needs_one.0 | info.needs_one.1
      result[name] = Fold.names(needed & ~events)
    }
    return result
  }
}
