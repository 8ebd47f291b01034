import Foundation
import RunRecords

/// A condition of the bench that must be alike in both arms, or be a property of the firmware.
package struct ConditionFinding: Codable, Sendable, Equatable {
  /// What became of a condition that differs.
  package enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
    /// It does not differ by more than the tolerance.
    case alike
    /// All runs of one firmware agree and the arms take turns, so the difference follows the
    /// firmware: it is a property of the build, and what it slows down counts against the build.
    case firmware
    /// Runs of one firmware disagree, and the arms with them: a throttled or disturbed bench.
    case unstable
    /// The arms differ, but firmware and bench cannot be distinguished.
    case unexplained
  }

  /// Key of ``IterationRecord/covariates``.
  package var covariate: String
  package var title: String
  package var kind: Kind
  /// Levels of the arms, in the covariate's unit.
  package var reference: Double
  package var candidate: Double
  /// Largest difference between runs of one firmware on one device: relative, except for counts
  /// and states.
  package var spread: Double
  /// One sentence; empty when alike.
  package var text: String

  package init(
    covariate: String, title: String, kind: Kind, reference: Double, candidate: Double,
    spread: Double, text: String
  ) {
    self.covariate = covariate
    self.title = title
    self.kind = kind
    self.reference = reference
    self.candidate = candidate
    self.spread = spread
    self.text = text
  }
}

/// Distinguishes a throttled bench from a slow firmware.
///
/// A run's level is the median over its judged iterations. Runs of one firmware on one device are
/// alike unless the bench changed; arms that take turns differ in what follows the firmware.
/// - Runs of one firmware differ by more than the tolerance, and the arms' levels differ by more
///   than 0.4 of it: `unstable`, whatever the metrics say - unless the arms differ by more than
///   four times that spread, which no disturbance of that size explains.
/// - Otherwise arms that differ by more than the tolerance: `firmware` when the evidence is
///   interleaved or a crossover, else `unexplained`.
struct ConditionRule {
  /// A condition and how it is compared.
  struct Condition {
    var covariate: String
    var title: String
    var unit: String
    /// Relative, or absolute for what may be 0.
    var tolerance: Double
    var isRelative = true
  }

  let policy: VerdictPolicy
  let grade: EvidenceGrade

  var conditions: [Condition] {
    let share = policy.conditionTolerance
    return [
      Condition(
        covariate: Covariate.speed, title: "machine speed", unit: "loops/us", tolerance: share),
      // Interrupts and background work take their part of it.
      Condition(
        covariate: Covariate.sustainedSpeed, title: "sustained machine speed", unit: "loops/us",
        tolerance: 2 * share),
      Condition(
        covariate: Covariate.frequencyLimit, title: "CPU frequency limit", unit: "kHz",
        tolerance: share),
      Condition(
        covariate: Covariate.capacity, title: "CPU capacity", unit: "", tolerance: share),
      Condition(
        covariate: Covariate.onlineCPUs, title: "CPUs online", unit: "", tolerance: 0.5,
        isRelative: false),
      Condition(
        covariate: Covariate.throttle, title: "throttle state", unit: "", tolerance: 0.5,
        isRelative: false),
    ]
  }

  /// One finding for each condition that every run records.
  func findings(_ runs: [PlacedRun]) -> [ConditionFinding] {
    conditions.compactMap { finding($0, runs) }
  }

  /// Why arms of different age cannot be compared; nil when they are of one age.
  func ageProblem(_ runs: [PlacedRun]) -> String? {
    func age(_ isCandidate: Bool) -> Double {
      let ages = runs.filter { $0.isCandidate == isCandidate }
        .map(\.index.record.boot.uptimeSeconds)
      return ages.isEmpty ? 0 : ages.reduce(0, +) / Double(ages.count)
    }
    let (old, new) = (age(false), age(true))
    guard abs(old - new) > max(10, policy.ageTolerance * min(old, new)) else { return nil }
    func seconds(_ age: Double) -> String { String(format: "%.0f s", age.rounded()) }
    return "the arms were measured at different ages: reference \(seconds(old)), candidate "
      + "\(seconds(new)) after boot; raise settle.uptime_min above both"
  }

  private struct Group: Hashable {
    var isCandidate: Bool
    var firmware: String
    var device: String
  }

  /// Runs whose conditions stand apart from those of the other runs of their firmware and device, by
  /// more than the tolerance; empty when nothing is unstable, or when leaving them out does not help.
  ///
  /// A boot that another job disturbed is one of many. Where it is more than a quarter of an arm's
  /// runs, or fewer than ``VerdictPolicy/minimumRuns`` would be left, the bench changed.
  func disturbed(_ runs: [PlacedRun]) -> Set<String> {
    var apart: Set<String> = []
    for condition in conditions where finding(condition, runs)?.kind == .unstable {
      for levels in (groups(condition, runs) ?? [:]).values {
        guard let usual = median(levels.map(\.value)) else { continue }
        for level in levels where abs(level.value - usual) > condition.tolerance {
          apart.insert(level.run)
        }
      }
    }
    for isCandidate in [false, true] {
      let arm = runs.filter { $0.isCandidate == isCandidate }
      let lost = arm.count { apart.contains($0.index.record.id) }
      guard 4 * lost <= arm.count, arm.count - lost >= max(2, policy.minimumRuns) else { return [] }
    }
    return apart
  }

  /// A run's level of a condition, on the condition's scale.
  private struct RunLevel {
    var run: String
    var value: Double
  }

  /// Levels by arm, firmware and device; nil where a run does not record the condition.
  private func groups(_ condition: Condition, _ runs: [PlacedRun]) -> [Group: [RunLevel]]? {
    var groups: [Group: [RunLevel]] = [:]
    for run in runs {
      let record = run.index.record
      let values = record.iterations.filter(\.isJudged)
        .compactMap { $0.covariates[condition.covariate] }
        .filter { $0.isFinite && (!condition.isRelative || $0 > 0) }
      // A run without judged iterations says nothing, and nothing is judged of it.
      guard let level = median(values) else {
        if run.index.measured > run.index.dropped { return nil }
        continue
      }
      let group = Group(
        isCandidate: run.isCandidate, firmware: record.firmware.id, device: record.benchDevice)
      groups[group, default: []].append(
        RunLevel(run: record.id, value: condition.isRelative ? log(level) : level))
    }
    return groups
  }

  private func finding(_ condition: Condition, _ runs: [PlacedRun]) -> ConditionFinding? {
    guard let groups = groups(condition, runs)?.mapValues({ $0.map(\.value) }),
      let old = level(groups, isCandidate: false), let new = level(groups, isCandidate: true)
    else { return nil }
    let spread = groups.values.map { ($0.max() ?? 0) - ($0.min() ?? 0) }.max() ?? 0
    return finding(
      condition, shift: shift(groups) ?? (new - old), spread: spread, reference: old,
      candidate: new)
  }

  private func finding(
    _ condition: Condition, shift: Double, spread: Double, reference: Double, candidate: Double
  ) -> ConditionFinding {
    let back: (Double) -> Double = { rounded(condition.isRelative ? exp($0) : $0) }
    var made = ConditionFinding(
      covariate: condition.covariate, title: condition.title, kind: .alike,
      reference: back(reference), candidate: back(candidate),
      spread: rounded(condition.isRelative ? exp(spread) - 1 : spread), text: "")
    let unit = condition.unit.isEmpty ? "" : " \(condition.unit)"
    let levels =
      "\(condition.title): reference \(short(made.reference))\(unit), candidate "
      + "\(short(made.candidate))\(unit)"
    let isExplained = abs(shift) > 4 * spread
    if spread > condition.tolerance, abs(shift) > 0.4 * condition.tolerance, !isExplained {
      made.kind = .unstable
      let size = condition.isRelative ? percent(made.spread) : short(made.spread)
      made.text =
        "\(levels), but runs of one firmware differ by \(size): the bench changed during the "
        + "experiment (throttling?), so nothing can be concluded"
    } else if abs(shift) > condition.tolerance {
      made.kind = grade == .interleaved || grade == .crossover ? .firmware : .unexplained
      made.text =
        made.kind == .firmware
        ? "\(levels), in all runs from the boot on: a property of the firmware"
        : "\(levels): \(grade.rawValue) evidence does not show whether the firmware or the bench "
          + "is the cause"
    }
    return made
  }

  /// Mean over the arm's runs.
  private func level(_ groups: [Group: [Double]], isCandidate: Bool) -> Double? {
    let values = groups.filter { $0.key.isCandidate == isCandidate }.values.flatMap(\.self).sorted()
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Mean difference on devices that carried both arms; nil without one.
  private func shift(_ groups: [Group: [Double]]) -> Double? {
    let devices = Set(groups.keys.map(\.device)).sorted()
    let shifts = devices.compactMap { device -> Double? in
      let own = groups.filter { $0.key.device == device }
      guard let old = level(own, isCandidate: false), let new = level(own, isCandidate: true)
      else { return nil }
      return new - old
    }
    return shifts.isEmpty ? nil : shifts.reduce(0, +) / Double(shifts.count)
  }

  private func short(_ value: Double) -> String { String(format: "%.4g", value) }
}
