/// The identity of a metric: two runs are compared metric by metric, and only when all of it agrees.
package struct MetricID: Codable, Sendable, Hashable {
  /// `probe.metric`, or a scalar's name.
  package var name: String
  /// Empty when the metric belongs to no phase.
  package var phase: String
  package var labels: [String: String]
  package var unit: String
  /// How the probe reached the kernel; T2 for scalars, which need no probe.
  package var tier: Tier
  /// How the probe was attached (``ProbeRecord/rung``); empty for scalars.
  package var rung: String

  package init(
    name: String, phase: String, labels: [String: String] = [:], unit: String = "ns",
    tier: Tier = .t2, rung: String = ""
  ) {
    self.name = name
    self.phase = phase
    self.labels = labels
    self.unit = unit
    self.tier = tier
    self.rung = rung
  }

  /// Stable text, `block.device{dev=vdb,op=write}@phase`: what users see and patterns match.
  ///
  /// Labels are sorted by key. `%`, `{`, `}`, `,`, `=`, `@` and controls inside parts are written
  /// as `%XX`. Unit, tier and rung are not in it: they qualify a metric, they do not name one.
  package var text: String {
    var result = Self.escaped(name)
    if !labels.isEmpty {
      let pairs = labels.sorted { $0.key < $1.key }
        .map { "\(Self.escaped($0.key))=\(Self.escaped($0.value))" }
      result += "{" + pairs.joined(separator: ",") + "}"
    }
    if !phase.isEmpty { result += "@" + Self.escaped(phase) }
    return result
  }

  /// Name of the probe that emits the metric: the part before the first dot.
  package var probe: String { Self.probe(ofMetric: name) }

  /// Name of the probe that emits `metric`: the part before the first dot.
  package static func probe(ofMetric metric: String) -> String {
    String(metric.prefix { $0 != "." })
  }

  private static let reserved: Set<UInt8> = Set("%{},=@".utf8)

  private static func escaped(_ part: String) -> String {
    guard part.utf8.contains(where: { reserved.contains($0) || $0 < 0x20 || $0 == 0x7f }) else {
      return part
    }
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in part.utf8 {
      if reserved.contains(byte) || byte < 0x20 || byte == 0x7f {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension MetricID: Comparable {
  /// By text, then unit, tier and rung: the order of every list of metrics.
  package static func < (left: MetricID, right: MetricID) -> Bool {
    (left.text, left.unit, left.tier.rawValue, left.rung)
      < (right.text, right.unit, right.tier.rawValue, right.rung)
  }
}

extension MetricID: CustomStringConvertible {
  package var description: String { text }
}
