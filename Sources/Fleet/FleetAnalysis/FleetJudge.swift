import Foundation
import RegressionAnalysis

/// Decides whether a firmware may go to more devices.
///
/// Pure: the same evidence gives the same bytes. May be asked as often as one likes; what it promises
/// (``FleetPolicy``) holds over all looks together.
package struct FleetJudge {
  private let policy: FleetPolicy

  package init(_ policy: FleetPolicy = FleetPolicy()) { self.policy = policy }

  /// The verdict on all reports so far: `candidate` is the number of the arm that the firmware was
  /// offered to, 1 or more. What is published is made of `releasable`, the evidence up to the last
  /// whole day.
  package func judge(
    _ evidence: FleetEvidence, candidate: Int, releasable: FleetEvidence? = nil
  ) -> FleetVerdict {
    var verdict = look(evidence, candidate: candidate)
    verdict.release = FleetRelease(
      releasable ?? evidence, candidate: candidate, k: policy.anonymity)
    return verdict
  }

  /// The verdict without what is made for publication.
  func look(_ evidence: FleetEvidence, candidate: Int) -> FleetVerdict {
    var guards = FleetGuards(evidence, candidate: candidate, policy: policy)
    let (control, tested) = (evidence.cohort(0), evidence.cohort(candidate))
    let devices = min(control.measuring, tested.measuring)
    let isEnough = devices >= policy.leastDevices
    var compared: [Estimate] = []
    if isEnough {
      let (all, unmatched) = estimates(evidence, candidate, model: nil, guards.missing)
      guards.add(unmatched: unmatched)
      compared = all
      for model in evidence.models where evidence.models.count > 1 {
        let sizes = [0, candidate].map {
          evidence.cohorts[.init(arm: $0, model: model)]?.measuring ?? 0
        }
        guard sizes.allSatisfy({ $0 >= policy.leastDevices }) else { continue }
        compared += estimates(evidence, candidate, model: model, guards.missing).0
      }
    }
    let limit = EvidenceRule.threshold(compared.map(\.evidence), level: policy.falseStops)
    let comparisons = compared.map { comparison($0, limit: limit) }
    let exposure = Double(tested.exposed) / Double(max(1, tested.measuring))
    let (outcome, reasons) = decide(
      comparisons, guards, isEnough: isEnough, exposure: exposure, evidence: evidence,
      devices: devices)
    return FleetVerdict(
      outcome: outcome, reasons: reasons, candidate: evidence.arms[candidate],
      control: evidence.arms[0], hours: evidence.hours, guards: guards.guards,
      comparisons: comparisons,
      missing: devices < policy.anonymity ? 1 : rounded(guards.missing),
      release: FleetRelease(k: policy.anonymity))
  }

  /// A comparison in logarithms.
  private struct Estimate {
    var metric: String
    var quantile: Double
    var model: String?
    var difference: ArmDifference
    /// What the control's quantile falls by when as much of its upper end is cut off as the candidate
    /// may lack.
    var cut: Double
    var evidence: Double
  }

  /// - Returns: estimates, and the share of reports without their like in the other arm.
  private func estimates(
    _ evidence: FleetEvidence, _ candidate: Int, model: String?, _ missing: Double
  ) -> ([Estimate], Double) {
    var unmatched = 0.0
    let estimates = evidence.metrics.flatMap { metric -> [Estimate] in
      let after = MatchedArms(evidence, metric, candidate, .after, model: model)
      guard let after else { return [] }
      unmatched = max(unmatched, after.unmatched)
      let before = MatchedArms(evidence, metric, candidate, .before, model: model)
      let (control, tested) = (
        JackknifedQuantiles(after.control), JackknifedQuantiles(after.candidate)
      )
      let earlier = before.map {
        (JackknifedQuantiles($0.control), JackknifedQuantiles($0.candidate))
      }
      return FleetPolicy.quantiles.compactMap { quantile -> Estimate? in
        // Fewer events above it say nothing of a quantile, whatever the devices.
        let least = 50 / (1 - quantile)
        guard control.events >= least, tested.events >= least,
          let low = control.pseudoValues(quantile), let high = tested.pseudoValues(quantile),
          let whole = control.logQuantile(quantile),
          let trimmed = control.logQuantile(quantile * (1 - missing))
        else { return nil }
        var past: (low: [Double], high: [Double])?
        if let earlier, earlier.0.events >= least, earlier.1.events >= least,
          let low = earlier.0.pseudoValues(quantile), let high = earlier.1.pseudoValues(quantile)
        {
          past = (low, high)
        }
        guard
          let difference = ArmDifference(
            control: low, candidate: high, controlBefore: past?.low, candidateBefore: past?.high)
        else { return nil }
        return Estimate(
          metric: metric, quantile: quantile, model: model, difference: difference,
          cut: max(0, whole - trimmed),
          evidence: NormalMixture.evidence(
            difference.estimate, variance: difference.variance))
      }
    }
    return (estimates, unmatched)
  }

  /// The largest change that is written: a millionfold. JSON has no word for what no number holds.
  private static let mostChange = 1e6

  /// A change from its logarithm.
  private func change(_ logarithm: Double) -> Double {
    rounded(min(expm1(logarithm), Self.mostChange))
  }

  private func comparison(_ one: Estimate, limit: Double) -> FleetVerdict.Comparison {
    let reach = NormalMixture.reach(variance: one.difference.variance, error: policy.missedHarm)
    let estimate = one.difference.estimate
    return FleetVerdict.Comparison(
      metric: one.metric, quantile: one.quantile, model: one.model,
      change: change(estimate), low: change(estimate - reach), high: change(estimate + reach),
      worst: change(estimate + reach + one.cut),
      evidence: rounded(one.evidence), isAdjusted: one.difference.isAdjusted,
      isHarm: one.evidence >= limit && estimate >= log1p(policy.threshold(one.quantile)),
      budget: one.model == nil ? policy.budgets[one.quantile] : nil)
  }

  private func decide(
    _ comparisons: [FleetVerdict.Comparison], _ guards: FleetGuards, isEnough: Bool,
    exposure: Double, evidence: FleetEvidence, devices: Int
  ) -> (FleetVerdict.Outcome, [String]) {
    let failed = guards.failed
    // Arms that were not drawn at random compare nothing, not even what looks like harm.
    if let ratio = failed.first(where: { $0.name == .sampleRatio }) {
      return (.guardFailed, ["sample ratio: \(ratio.text)"])
    }
    let harm = comparisons.filter(\.isHarm).sorted { $0.evidence > $1.evidence }
    if !harm.isEmpty {
      return (
        .stop,
        harm.map {
          "\($0.metric) p\(percentile($0.quantile)) is \(percent($0.change)) slower "
            + "(\(percent($0.low)) to \(percent($0.high)))" + ($0.model.map { " on \($0)" } ?? "")
        }
      )
    }
    if !failed.isEmpty {
      return (.guardFailed, failed.map { "\($0.name.rawValue): \($0.text)" })
    }
    var open: [String] = []
    if !isEnough {
      let count = devices < policy.anonymity ? "fewer than \(policy.anonymity)" : "\(devices)"
      open.append("\(count) devices of an arm have measured, \(policy.leastDevices) are needed")
    }
    // Before, a device that died of the update is not known to be silent.
    let leastHours = max(policy.leastHours, evidence.silence + 1)
    if evidence.hours < leastHours {
      open.append("\(evidence.hours) h since the offer, \(leastHours) are needed for a promotion")
    }
    if devices < policy.anonymity {
      // A share of so few is what one of them did.
      open.append("so few do not show how many run the firmware, nor how many it may have lost")
    } else {
      if guards.lost >= policy.mostLost {
        open.append(
          "the firmware may have lost \(percent(guards.lost)) of the devices, "
            + "less than \(percent(policy.mostLost)) is allowed")
      }
      if exposure < policy.leastExposure {
        open.append(
          "\(percent(exposure)) of the candidate's devices run the firmware, "
            + "\(percent(policy.leastExposure)) are needed")
      }
    }
    let gating = comparisons.filter { $0.budget != nil }
    if gating.isEmpty, isEnough { open.append("no metric could be compared") }
    for one in gating where one.worst > one.budget ?? 0 {
      open.append(
        "\(one.metric) p\(percentile(one.quantile)) may be \(percent(one.worst)) slower"
          + (one.high <= one.budget ?? 0 ? " if the missing devices are the slowest" : "")
          + ", \(percent(one.budget ?? 0)) is allowed")
    }
    guard open.isEmpty else { return (.goOn, open) }
    return (.promote, ["every gating quantile is within its budget"])
  }

  private func percentile(_ quantile: Double) -> String { "\(Int((quantile * 100).rounded()))" }
}

/// Both arms' histograms of one metric, weighted so that reports of every kind (model, fresh boot) have
/// the same share in both.
struct MatchedArms {
  private(set) var control = BinnedBuckets()
  private(set) var candidate = BinnedBuckets()
  /// Share of reports of kinds that only one arm has; they are left out.
  private(set) var unmatched = 0.0

  /// - Returns: nil when the arms have nothing in common.
  init?(
    _ evidence: FleetEvidence, _ metric: String, _ candidate: Int,
    _ period: FleetEvidence.Period, model: String?
  ) {
    var kinds: [FleetEvidence.Stratum: (control: BinnedBuckets, candidate: BinnedBuckets)] = [:]
    var all = 0.0
    let strata = Set(
      evidence.cells.keys.filter {
        $0.metric == metric && $0.period == period && (model == nil || $0.stratum.model == model)
      }.map(\.stratum))
    for stratum in strata {
      func cell(_ arm: Int) -> BinnedBuckets? {
        evidence.cells[.init(arm: arm, period: period, stratum: stratum, metric: metric)]
      }
      let (left, right) = (cell(0), cell(candidate))
      all += (left?.reportCount ?? 0) + (right?.reportCount ?? 0)
      if let left, let right { kinds[stratum] = (left, right) }
    }
    guard all > 0, !kinds.isEmpty else { return nil }
    if kinds.count == 1, strata.count == 1, let only = kinds.first?.value {
      (control, self.candidate) = only
      return
    }
    let sums = kinds.values.reduce((0.0, 0.0)) {
      ($0.0 + $1.control.reportCount, $0.1 + $1.candidate.reportCount)
    }
    let matched = sums.0 + sums.1
    unmatched = 1 - matched / all
    for (_, kind) in kinds.sorted(by: { $0.key < $1.key }) {
      let (left, right) = (kind.control.reportCount, kind.candidate.reportCount)
      let share = (left + right) / matched
      control.merge(kind.control, weight: share * sums.0 / left)
      self.candidate.merge(kind.candidate, weight: share * sums.1 / right)
    }
  }
}
