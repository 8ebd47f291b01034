import Foundation
import RunRecords

/// What a device takes: its tiers, and how each probe would be attached; the output of
/// `latgate probes --device` and `latgate doctor --device`, schema `latgate.survey/1`.
package struct SurveyReport: Sendable, Equatable, Encodable {
  /// A way into the kernel, and why it is closed.
  package struct TierLine: Sendable, Equatable, Encodable {
    package var tier: Tier
    /// A program of the device's own that is used in place of the agent's means; nil = none.
    package var tool: String?
    package var works: Bool
    /// Empty when it works.
    package var reason: String
    /// What opens it; nil when nothing does, or nothing is needed.
    package var remedy: String?

    package init(
      tier: Tier, tool: String? = nil, works: Bool, reason: String = "", remedy: String? = nil
    ) {
      self.tier = tier
      self.tool = tool
      self.works = works
      self.reason = reason
      self.remedy = remedy
    }
  }

  package var schema = "latgate.survey/1"
  package var device: String
  package var model: String
  package var fingerprint: String
  package var kernelRelease: String
  /// Best first.
  package var tiers: [TierLine]
  /// Empty when only the device was asked.
  package var probes: [ProbeRecord]

  package init(
    device: String, model: String, fingerprint: String, kernelRelease: String,
    tiers: [TierLine], probes: [ProbeRecord]
  ) {
    self.device = device
    self.model = model
    self.fingerprint = fingerprint
    self.kernelRelease = kernelRelease
    self.tiers = tiers
    self.probes = probes
  }

  /// A JSON document, deterministic for equal surveys.
  package func json() throws -> Data {
    try encodedJSON(self)
  }

  /// The report for a terminal or a log, with a newline after each line.
  package func text(width: Int, style: TextStyle) -> String {
    var lines = [Emphasis.strong.applied(to: oneLine(headline), style)]
    lines += tierLines(width, style)
    if !probes.isEmpty { lines += [""] + probeLines(width, style) }
    return lines.map { $0 + "\n" }.joined()
  }

  private var headline: String {
    "\(device): \([model, "kernel \(kernelRelease)"].filter { !$0.isEmpty }.joined(separator: ", "))"
  }

  private func tierLines(_ width: Int, _ style: TextStyle) -> [String] {
    tiers.flatMap { line in
      let state = line.works ? "works" : line.reason + (line.remedy.map { "; \($0)" } ?? "")
      let meaning = line.tier.meaning + (line.tool.map { " recorded by \($0)" } ?? "")
      let text = "\(line.tier.rawValue) \(meaning): \(state)"
      return wrapped(text, width: width, indent: "   ").map {
        (line.works ? Emphasis.good : .doubtful).applied(to: $0, style)
      }
    }
  }

  private func probeLines(_ width: Int, _ style: TextStyle) -> [String] {
    var table = TextTable(columns: [
      .init(title: "probe"), .init(title: "tier"), .init(title: "attached by", isElastic: true),
    ])
    for probe in probes {
      let isLoaded = probe.status == .loaded
      table.add(
        .init(probe.name, .strong), .init(probe.tier?.rawValue ?? "-"),
        isLoaded ? .init(probe.ways) : .init(probe.status.rawValue, .bad))
      let why = probe.hooks.filter { !$0.why.isEmpty }.map { "\($0.hook): \($0.why)" }
      let lacking = (probe.unsupported ?? [:]).sorted { $0.key < $1.key }
        .map { "\($0.key) is unsupported: \($0.value)" }
      let notes = (probe.reason ?? "").split(separator: "\n").map(String.init)
      let check = probe.check.map { ["check: \($0.text)"] } ?? []
      for note in notes + check + lacking + why {
        for line in wrapped(note, width: width - 4, indent: "  ") {
          table.rows.append(.heading(.init("  \(line)", .dim)))
        }
      }
    }
    return table.lines(width: width, style: style)
  }
}

extension Tier {
  fileprivate var meaning: String {
    switch self {
    case .t2: "loads programs"
    case .t1: "uses programs of the firmware"
    case .t0: "folds trace events"
    }
  }
}

extension ProbeRecord {
  /// The rung of most hooks, and the hooks that have another: `tp_btf, absent (block_rq_merge)`.
  fileprivate var ways: String {
    let byRung = Dictionary(grouping: hooks, by: \.rung).sorted {
      ($1.value.count, $0.key) < ($0.value.count, $1.key)
    }
    return byRung.enumerated().map { position, group in
      let rung = group.key.isEmpty ? "absent" : group.key
      if position == 0 { return rung }
      return "\(rung) (\(group.value.map(\.hook).joined(separator: ", ")))"
    }.joined(separator: ", ")
  }
}
