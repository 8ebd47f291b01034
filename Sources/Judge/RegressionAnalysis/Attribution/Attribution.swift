import Foundation
import RunRecords

/// What else moved when a metric got slower: the steps it passes through, in order.
package struct Attribution: Codable, Sendable, Equatable {
  package var metric: MetricID
  /// The one that moved most, in terms of what matters.
  package var statistic: Statistic
  /// Relative.
  package var change: Double
  /// In the order of the chain; same phase.
  package var steps: [ChainStep]
  /// `fsync p99 +38%: block device time +41% on mmcblk0 writes; run queue unchanged`.
  package var sentence: String
}

/// One metric of the chain, with one set of labels.
package struct ChainStep: Codable, Sendable, Equatable {
  package enum Standing: String, Codable, Sendable, Equatable, CaseIterable {
    case slower
    case faster
    /// Shown to be equivalent.
    case unchanged
    /// The interval is too wide to say.
    case notResolved = "not resolved"
    /// No value in both arms: the probe did not load, or saw too little.
    case notMeasured = "not measured"
  }

  package var metric: MetricID
  package var statistic: Statistic
  package var standing: Standing
  /// Relative; nil when not measured.
  package var change: Double?
  package var interval: ChangeInterval?
}

/// Explains the regressions of a verdict by what else moved.
///
/// A step has moved when it is called so, or when its p value holds against all steps asked about
/// and the change matters. It is unchanged only where equivalence was shown: the absence of
/// a finding is no proof, and then the sentence says how large a change may have been missed.
/// - Parameters:
///   - base: the verdict that found the regressions.
///   - explain: of the pass with the chain's probes; nil = the base pass had them.
///   - chain: from the probes' manifests.
/// - Returns: one for every metric that got slower, in the verdict's order.
package func attribute(
  base: Verdict, explain: Verdict? = nil, chain: ProbeChain
) -> [Attribution] {
  let regressions = base.metrics.filter { $0.outcome == .regression && $0.change != nil }
  let byMetric = Dictionary(grouping: regressions, by: \.id).sorted { $0.key < $1.key }
  // The base pass knows what the explaining one did not measure.
  var known: [String: MetricVerdict] = [:]
  for verdict in [base, explain].compactMap(\.self) {
    for metric in verdict.metrics where metric.statistic != .rate {
      let key = metric.id.text + " " + metric.statistic.text
      if metric.change != nil || known[key] == nil { known[key] = metric }
    }
  }
  return byMetric.compactMap { _, members in
    guard let worst = members.max(by: { weight($0) < weight($1) }) else { return nil }
    return AttributionMaker(
      worst: worst, chain: chain, known: known.sorted { $0.key < $1.key }.map(\.value),
      conditions: (explain ?? base).conditions
    ).attribution()
  }
}

/// How large a change is in terms of what matters.
private func weight(_ metric: MetricVerdict) -> Double {
  abs(log1p(metric.change ?? 0)) / max(1e-6, metric.threshold ?? 1)
}

private struct AttributionMaker {
  let worst: MetricVerdict
  let chain: ProbeChain
  let known: [MetricVerdict]
  let conditions: [ConditionFinding]

  /// Labels of one metric that a sentence names at most.
  private static let named = 2

  func attribution() -> Attribution {
    let steps = self.steps()
    var made = Attribution(
      metric: worst.id, statistic: worst.statistic, change: worst.change ?? 0, steps: steps,
      sentence: "")
    var parts = phrases(steps)
    parts += conditions.filter { $0.kind == .firmware }.map { finding in
      // Of a state that was 0 there is no relative change.
      let change =
        finding.reference == 0
        ? String(format: "0 to %.4g", finding.candidate)
        : signed(finding.candidate / finding.reference - 1)
      return "\(finding.title) \(change), a property of the firmware"
    }
    let head =
      "\(chain.title(worst.id.name)) \(worst.statistic.text) \(signed(made.change))"
      + labels(worst.id)
    made.sentence =
      parts.isEmpty
      ? "\(head): nothing measured explains it" : "\(head): " + parts.joined(separator: "; ")
    return made
  }

  /// Every related metric of the phase, by the statistic that corresponds.
  private func steps() -> [ChainStep] {
    let others = known.filter { $0.id.phase == worst.id.phase && $0.id != worst.id }
    let related = Dictionary(grouping: others, by: \.id).compactMap {
      id, members -> (place: (Int, Int), metric: MetricVerdict)? in
      guard let place = chain.place(of: id, inChainOf: worst.id.probe),
        let metric = corresponding(members)
      else { return nil }
      return (place, metric)
    }
    .sorted { ($0.place.0, $0.place.1, $0.metric.id) < ($1.place.0, $1.place.1, $1.metric.id) }
    return related.map { ChainStep($0.metric, among: related.count) }
  }

  /// The same statistic, else the tail mass that stands for it, else the largest quantile below.
  private func corresponding(_ members: [MetricVerdict]) -> MetricVerdict? {
    let measured = members.filter { $0.change != nil }
    return measured.first { $0.statistic == worst.statistic }
      ?? measured.first { $0.statistic == .tail }
      ?? measured.max { $0.statistic < $1.statistic }
      ?? members.max { $0.statistic < $1.statistic }
  }

  // MARK: Words

  /// Metric by metric: what moved with its labels, what did not in one word for all of them.
  private func phrases(_ steps: [ChainStep]) -> [String] {
    var names: [String] = []
    for step in steps where !names.contains(step.metric.name) { names.append(step.metric.name) }
    return names.compactMap { name in
      let own = steps.filter { $0.metric.name == name }
      let moved = own.filter { $0.standing == .slower || $0.standing == .faster }
        .sorted { abs(log1p($0.change ?? 0)) > abs(log1p($1.change ?? 0)) }
      let title = chain.title(name)
      if !moved.isEmpty {
        let rest = moved.count - Self.named
        let texts = moved.prefix(Self.named).map { step in
          "\(signed(step.change ?? 0))\(differing(step))" + labels(step.metric)
        }
        return "\(title) " + texts.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
      }
      let open = own.filter { $0.standing == .notResolved }
      if let widest = open.map(\.reach).max() {
        return "\(title) not resolved (±\(percent(widest)))"
      }
      if own.contains(where: { $0.standing == .unchanged }) { return "\(title) unchanged" }
      return "\(title) not measured"
    }
  }

  /// The statistic of a step, where it is not the one that the sentence is about.
  private func differing(_ step: ChainStep) -> String {
    step.statistic == worst.statistic ? "" : " (\(step.statistic.text))"
  }

  /// ` on mmcblk0 writes`, ` (fs=ext4)`, or nothing.
  private func labels(_ id: MetricID) -> String {
    var rest = id.labels
    var text = ""
    if let device = rest.removeValue(forKey: "dev") {
      let operation = rest.removeValue(forKey: "op")
      let plural = operation.map { $0 == "flush" ? " flushes" : " \($0)s" } ?? ""
      text = " on \(device)\(plural)"
    }
    let others = rest.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return text + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
  }

  private func signed(_ change: Double) -> String {
    (change >= 0 ? "+" : "-") + percent(abs(change))
  }
}

extension ChainStep {
  /// The step of a verdict among all that are asked about together.
  fileprivate init(_ verdict: MetricVerdict, among count: Int) {
    metric = verdict.id
    statistic = verdict.statistic
    change = verdict.change
    interval = verdict.interval
    guard let change = verdict.change, let threshold = verdict.threshold else {
      standing = .notMeasured
      return
    }
    let isCertain = (verdict.p ?? 1) <= 0.01 / Double(max(1, count))
    let isCalled = verdict.outcome == .regression || verdict.outcome == .improvement
    if isCalled || (isCertain && abs(log1p(change)) >= 0.67 * log1p(threshold)) {
      standing = change > 0 ? .slower : .faster
    } else if verdict.outcome == .noChange {
      standing = .unchanged
    } else {
      standing = .notResolved
    }
  }

  /// The largest change that the interval allows.
  fileprivate var reach: Double {
    guard let interval else { return .infinity }
    return max(abs(interval.low), abs(interval.high))
  }
}
