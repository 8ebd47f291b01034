import Catalogs
import Foundation
import RunRecords

/// All that is known of some probes; the output of `latgate probes show`, schema `latgate.probe/1`.
package struct ProbeCards: Sendable {
  /// A probe with its hooks, and what a device made of it.
  package struct Card: Sendable {
    package var probe: ProbeManifest
    package var hooks: [ProbeHook]
    /// Nil where no device was asked.
    package var status: ProbeRecord?

    package init(probe: ProbeManifest, hooks: [ProbeHook], status: ProbeRecord? = nil) {
      self.probe = probe
      self.hooks = hooks
      self.status = status
    }
  }

  package let cards: [Card]
  /// Of the device that was asked; nil = none.
  package let device: String?

  package init(_ cards: [Card], device: String? = nil) {
    self.cards = cards
    self.device = device
  }
}

extension ProbeCards.Card {
  /// What the manifest says beside metrics and hooks, each under its name.
  var facts: [(name: String, text: String)] {
    var facts = [
      ("cost", "\(probe.cost.rawValue): \(probe.cost.meaning)"),
      ("privacy", "\(probe.privacy.rawValue): \(probe.privacy.meaning)"),
      ("tiers", tiers),
      (
        "scope",
        probe.isScopable ? "some tasks alone, by --comm, --pid or --cgroup" : "the whole device"
      ),
    ]
    if let tool = probe.comparedWith { facts.append(("held against", tool)) }
    if !probe.related.isEmpty {
      facts.append(("look next", probe.related.joined(separator: ", ")))
    }
    facts.append(("written in", probe.object ?? "spans of the manifest"))
    return facts
  }

  private var tiers: String {
    let folded = probe.t0Metrics.map(\.name)
    guard !folded.isEmpty else { return "T2 and T1; no trace events give it (T0)" }
    let which = folded.count == probe.metrics.count ? "" : " (\(folded.joined(separator: ", ")))"
    return "T2 and T1; T0\(which) from \(probe.t0Events.joined(separator: ", "))"
  }

  /// An operation of a metric as a line in time, one for each kind of operation; empty where the
  /// manifest does not say from when to when.
  func pictures(of metric: ProbeMetric) -> [String] {
    let ends: [(String, String)]
    if let spans = metric.table?.spans {
      ends = spans.map { ($0.from.hook, $0.to.hook) }
    } else if let found = metric.help.wholeMatch(of: /time from (.+?),? until (.+)/)
      ?? metric.help.wholeMatch(of: /time from (.+?) to (.+)/)
    {
      ends = [(String(found.1), String(found.2))]
    } else {
      ends = []
    }
    let width = ends.map(\.0.count).max() ?? 0
    return ends.map { from, to in "\(padded(from, width)) |<-- \(metric.name) -->| \(to)" }
  }
}

extension ProbeMetric {
  /// Its labels with their values, or what these are.
  var labels: [(name: String, values: String)] {
    key.compactMap { field in
      switch field.kind {
      case .padding: nil
      case .number, .signed: (field.name, "a number")
      case .text: (field.name, "text of the kernel")
      case .blockDevice: (field.name, "name of the block device")
      case .ipv4: (field.name, "an address")
      case .syscall: (field.name, "name of the system call")
      case .values(let names):
        (field.name, names.sorted { $0.key < $1.key }.map(\.value).joined(separator: ", "))
      }
    } + (namesMap == nil && table?.nameField == nil ? [] : [("name", "text of the kernel")])
  }
}

extension ProbeManifest.Cost {
  fileprivate var meaning: String {
    switch self {
    case .low: "sees few of a busy device's events"
    case .medium: "sees some of a busy device's events"
    case .high: "sees most of a busy device's events"
    }
  }
}

extension ProbeManifest.Privacy {
  fileprivate var meaning: String {
    switch self {
    case .none: "no name and no path leaves the device"
    case .names: "names leave the device"
    case .paths: "paths of files leave the device"
    }
  }
}

// MARK: Text

extension ProbeCards {
  package func text(width: Int, style: TextStyle) -> String {
    cards.map { text(of: $0, width, style) }.joined(separator: "\n")
  }

  private func text(of card: Card, _ width: Int, _ style: TextStyle) -> String {
    let probe = card.probe
    var lines = [Emphasis.strong.applied(to: oneLine("\(probe.name): \(probe.title)"), style)]
    lines += wrapped(probe.question, width: width)
    var facts = card.facts
    if let status = card.status { facts.insert(("here", Self.words(status)), at: 0) }
    let label = facts.map(\.name.count).max() ?? 0
    lines.append("")
    for (name, text) in facts {
      for (place, line) in wrapped(text, width: width - label - 2).enumerated() {
        lines.append(
          (place == 0
            ? Emphasis.dim.applied(to: padded(name, label), style)
            : String(repeating: " ", count: label)) + "  " + line)
      }
    }
    for metric in probe.metrics {
      lines.append("")
      lines += wrapped("\(metric.name), \(metric.unit): \(metric.help)", width: width)
      lines += metric.labels.flatMap {
        wrapped("\($0.name): \($0.values)", width: width - 2, indent: "  ").map { "  " + $0 }
      }
      lines += card.pictures(of: metric).map { "  " + shortened(oneLine($0), to: width - 2) }
    }
    var table = TextTable(columns: [
      .init(title: "attached to"), .init(title: "by, best first", isElastic: true),
    ])
    for hook in card.hooks {
      let own = card.status?.hooks.first { $0.hook == hook.name }.map {
        $0.rung.isEmpty ? " (absent here)" : " (\($0.rung) here)"
      }
      table.add(
        .init(hook.name),
        .init(
          hook.rungs.joined(separator: ", ") + (hook.isOptional ? "; may be absent" : "")
            + (own ?? "")))
    }
    lines.append("")
    lines += table.lines(width: width, style: style)
    return lines.map { $0 + "\n" }.joined()
  }

  private static func words(_ status: ProbeRecord) -> String {
    let tier = status.tier.map { " (\($0.rawValue))" } ?? ""
    let reason = status.reason.map { ": \($0)" } ?? ""
    return "\(status.status.rawValue)\(tier)\(reason)"
  }
}

// MARK: JSON

extension ProbeCards {
  package func json() throws -> Data {
    try encodedJSON(
      Document(
        device: device,
        probes: cards.map { card in
          Document.Probe(
            name: card.probe.name, title: card.probe.title, question: card.probe.question,
            cost: card.probe.cost.rawValue, privacy: card.probe.privacy.rawValue,
            comparedWith: card.probe.comparedWith, related: card.probe.related,
            isScopable: card.probe.isScopable, t0Events: card.probe.t0Events,
            object: card.probe.object,
            metrics: card.probe.metrics.map { metric in
              Document.Metric(
                name: metric.name, help: metric.help, unit: metric.unit,
                labels: metric.labels.map { Document.Label(name: $0.name, values: $0.values) },
                pictures: card.pictures(of: metric))
            },
            hooks: card.hooks.map {
              Document.Hook(name: $0.name, rungs: $0.rungs, isOptional: $0.isOptional)
            }, status: card.status)
        }))
  }

  private struct Document: Encodable {
    struct Label: Encodable {
      var name: String
      var values: String
    }

    struct Metric: Encodable {
      var name: String
      var help: String
      var unit: String
      var labels: [Label]
      var pictures: [String]
    }

    struct Hook: Encodable {
      var name: String
      var rungs: [String]
      var isOptional: Bool
    }

    struct Probe: Encodable {
      var name: String
      var title: String
      var question: String
      var cost: String
      var privacy: String
      var comparedWith: String?
      var related: [String]
      var isScopable: Bool
      var t0Events: [String]
      var object: String?
      var metrics: [Metric]
      var hooks: [Hook]
      var status: ProbeRecord?
    }

    var schema = "latgate.probe/1"
    var device: String?
    var probes: [Probe]
  }
}
