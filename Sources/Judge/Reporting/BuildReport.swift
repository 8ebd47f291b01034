import Foundation
import RegressionAnalysis

/// All that checks said of one build, over devices and suites; the document of `latgate runs build
/// --format json`, schema `latgate.build/1`.
package struct BuildReport: Sendable, Equatable, Encodable {
  /// The last verdict on the build by a suite on a device.
  package struct Check: Sendable, Equatable, Encodable {
    package var suite: String
    /// Name of the device file.
    package var target: String
    /// Serial numbers, or what the device file calls a virtual one.
    package var device: String
    package var at: Date
    /// `pass`, `regression`, `inconclusive`, `failed`, or `waived`.
    package var outcome: String
    package var owner: String?
    /// Build id; empty for a baseline of several.
    package var reference: String
    /// Nil where it cannot be read: it was made by another version.
    package var verdict: Verdict?

    package init(
      suite: String, target: String, device: String, at: Date, outcome: String, owner: String?,
      reference: String, verdict: Verdict?
    ) {
      self.suite = suite
      self.target = target
      self.device = device
      self.at = at
      self.outcome = outcome
      self.owner = owner
      self.reference = reference
      self.verdict = verdict
    }

    private enum CodingKeys: String, CodingKey {
      case suite, target, device, at, outcome, owner, reference
    }
  }

  /// A statistic that got worse by at least one check, with what each check said of it.
  package struct Row: Sendable, Equatable, Encodable {
    /// ``MetricID/text``.
    package var metric: String
    package var statistic: String
    /// One for each check, in their order; nil where it was not judged.
    package var findings: [Finding?]
    /// Whether checks that judged it contradict each other: worse by one, shown to be unchanged or
    /// better by another.
    package var disagrees: Bool
  }

  package struct Finding: Sendable, Equatable, Encodable {
    /// As in a verdict.
    package var outcome: String
    /// Relative.
    package var change: Double?
  }

  package var schema = "latgate.build/1"
  package var build: String
  package var name: String
  /// By suite, target and device.
  package let checks: [Check]
  /// Those that disagree first, then by name.
  package let rows: [Row]

  package init(build: String, name: String, checks: [Check]) {
    self.build = build
    self.name = name
    let ordered = checks.sorted {
      ($0.suite, $0.target, $0.device) < ($1.suite, $1.target, $1.device)
    }
    self.checks = ordered
    rows = Self.rows(ordered)
  }

  private static func rows(_ checks: [Check]) -> [Row] {
    struct Key: Hashable {
      var metric: String
      var statistic: Statistic
    }
    var found: [Key: [MetricVerdict?]] = [:]
    for (place, check) in checks.enumerated() {
      for metric in check.verdict?.metrics ?? [] where metric.gating {
        let key = Key(metric: metric.id.text, statistic: metric.statistic)
        found[key, default: Array(repeating: nil, count: checks.count)][place] = metric
      }
    }
    return found.compactMap { key, metrics -> (Key, Row)? in
      let outcomes = metrics.compactMap { $0?.outcome }
      guard outcomes.contains(.regression) else { return nil }
      let isContradicted = outcomes.contains { $0 == .noChange || $0 == .improvement }
      return (
        key,
        Row(
          metric: key.metric, statistic: key.statistic.text,
          findings: metrics.map { metric in
            metric.map { Finding(outcome: $0.outcome.rawValue, change: $0.change) }
          }, disagrees: isContradicted)
      )
    }
    .sorted { left, right in
      if left.1.disagrees != right.1.disagrees { return left.1.disagrees }
      return (left.0.metric, left.0.statistic) < (right.0.metric, right.0.statistic)
    }.map(\.1)
  }

  /// The whole in one sentence.
  package var sentence: String {
    guard !checks.isEmpty else { return "No check of \(name) is stored." }
    let outcomes = Dictionary(grouping: checks, by: \.outcome).mapValues(\.count)
    let words = ["regression", "failed", "inconclusive", "waived", "pass"]
      .compactMap { word in outcomes[word].map { "\($0) \(word)" } }.joined(separator: ", ")
    let devices = Set(checks.map { "\($0.target) \($0.device)" }).count
    let disagreeing = rows.count(where: \.disagrees)
    let parts =
      rows.isEmpty
      ? ""
      : "; \(counted(rows.count, "statistic")) got worse, \(disagreeing) of them not everywhere"
    return
      "\(name): \(counted(checks.count, "check")) on \(counted(devices, "device")), \(words)\(parts)."
  }

  package func json() throws -> Data { try encodedJSON(self) }

  package func text(width: Int, style: TextStyle) -> String {
    var lines = wrapped(sentence, width: width, indent: "  ")
    guard !checks.isEmpty else { return lines.map { $0 + "\n" }.joined() }
    var table = TextTable(columns: [
      .init(title: "", alignment: .right), .init(title: "suite"),
      .init(title: "device", isElastic: true), .init(title: "outcome"), .init(title: "owner"),
      .init(title: "judged"),
    ])
    for (place, check) in checks.enumerated() {
      table.add(
        .init("\(place + 1)"), .init(check.suite), .init(check.place),
        .init(check.outcome, check.emphasis), .init(check.owner ?? "-"),
        .init(check.at.formatted(.iso8601)))
      for line in wrapped(check.reason, width: width - 4) where !line.isEmpty {
        table.rows.append(.heading(.init("    \(line)", .dim)))
      }
    }
    lines += [""] + table.lines(width: width, style: style)
    guard !rows.isEmpty else { return lines.map { $0 + "\n" }.joined() }
    var moved = TextTable(
      columns: checks.indices.map { .init(title: "\($0 + 1)", alignment: .right) } + [
        .init(title: ""), .init(title: "metric", isElastic: true),
      ])
    for row in rows {
      moved.rows.append(
        .cells(
          row.findings.map { finding in
            .init(finding?.text ?? "-", finding?.outcome == "regression" ? .bad : .none)
          } + [
            .init(row.disagrees ? "disagree" : "agree", row.disagrees ? .doubtful : .none),
            .init("\(row.metric) \(row.statistic)"),
          ]))
    }
    lines += [""] + moved.lines(width: width, style: style)
    return lines.map { $0 + "\n" }.joined()
  }
}

extension BuildReport.Check {
  /// Device file and serial number, once where they are one.
  var place: String { device.isEmpty || device == target ? target : "\(target) (\(device))" }

  /// What decided, in a few words; empty after a pass.
  var reason: String {
    guard let verdict else { return "the verdict was made by another version" }
    if let cause = verdict.cause { return cause }
    let worse = verdict.metrics.filter { $0.gating && $0.outcome == .regression }
    guard let worst = worse.max(by: { ($0.change ?? 0) < ($1.change ?? 0) }) else { return "" }
    let change = worst.change.map { " \(largeChange($0))" } ?? ""
    let more = worse.count > 1 ? ", and \(worse.count - 1) more" : ""
    return "\(worst.id.text) \(worst.statistic.text)\(change)\(more)"
  }

  fileprivate var emphasis: Emphasis {
    switch outcome {
    case "pass", "waived": .good
    case "inconclusive": .doubtful
    default: .bad
    }
  }
}

extension BuildReport.Finding {
  /// The change where there is one, else the outcome.
  var text: String { change.map(largeChange) ?? outcome }
}
