import Foundation

/// What to do about a bench's noise, the largest source first.
struct BenchRemedies {
  let calibration: Calibration
  let noise: BenchNoise

  /// Sentences; for a bench that qualifies only on sources that hide changes that matter.
  func texts(isQualified: Bool) -> [String] {
    let gating = noise.metrics.filter(\.gating)
    let counted = Dictionary(grouping: gating, by: \.source).mapValues { members in
      // What a source costs: how far its metrics are beyond what matters.
      members.reduce(0) { $0 + $1.variance / ($1.threshold * $1.threshold) }
    }
    let order = counted.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
    return order.compactMap { source, _ in
      let members = gating.filter { $0.source == source }
      guard let worst = members.max(by: { $0.variance < $1.variance }) else { return nil }
      if isQualified, worst.floor <= worst.threshold { return nil }
      return text(source, members.count, worst)
    }
  }

  private func text(_ source: NoiseSource, _ count: Int, _ worst: MetricNoise) -> String {
    let name = "\(worst.metric) \(worst.statistic.text)"
    let whom = count == 1 ? name : "\(count) statistics, most of all \(name)"
    switch source {
    case .drift:
      return "drift (\(whom): \(percent(worst.drift)) over \(worst.runs) runs): let the device "
        + "settle longer (settle.uptime_min), hold its temperature, and keep the arms in turns"
    case .modes:
      let gap = percent(worst.modes?.gap ?? 0)
      return "two kinds of runs (\(whom): \(gap) apart): find what differs between them (the CPU "
        + "that serves an interrupt, placement of memory, background work) and pin it down"
    case .flashes:
      return "flashes (\(whom): \(percent(worst.flashDeviation ?? 0)) between them): flash before "
        + "every run, and throw the first boot away"
    case .badRuns:
      let runs = noise.badRuns.joined(separator: ", ")
      return "bad runs (\(runs)): see what they did after the boot; raise the settle limits"
    case .runs:
      return "boots (\(whom): \(percent(worst.runDeviation)) between them): fix frequencies and "
        + "background work, or make more runs per arm; more iterations do not help"
    case .iterations:
      return "iterations (\(whom): \(percent(worst.withinDeviation ?? 0)) between them): make "
        + "more or longer iterations per run"
    }
  }
}
