import Foundation
import RegressionAnalysis

/// Whether the arms can be compared at all, and how many reports the candidate's may lack.
struct FleetGuards {
  private(set) var guards: [FleetVerdict.Guard] = []
  /// See ``FleetVerdict/missing``.
  private(set) var missing = 0.0
  /// Share of devices that the firmware may have lost, at most.
  private(set) var lost = 0.0

  private let policy: FleetPolicy
  /// Error of the bounds on what is missing.
  private static let missingError = 0.001
  /// Share of reports that would have to be on other days, or have no like in the other arm.
  private static let mostUnlike = 0.1

  init(_ evidence: FleetEvidence, candidate: Int, policy: FleetPolicy) {
    self.policy = policy
    let (control, tested) = (evidence.cohort(0), evidence.cohort(candidate))
    guards.append(sampleRatio(evidence, candidate))
    guards.append(silence(control, tested))
    guards.append(reportRate(control, tested))
    guards.append(days(evidence, candidate))
    guard min(control.enrolled, tested.enrolled) < policy.anonymity else { return }
    // A share of so few is what one of them did.
    for place in guards.indices {
      guards[place].text = "an arm has fewer than \(policy.anonymity) devices"
    }
  }

  mutating func add(unmatched: Double) {
    guards.append(
      .init(
        name: .overlap, isMet: unmatched <= Self.mostUnlike,
        text: "\(percent(unmatched)) of the reports have no like in the other arm"))
  }

  var failed: [FleetVerdict.Guard] { guards.filter { !$0.isMet } }

  /// Every model's ratio, and that of all: the mean of their e-values is one.
  private func sampleRatio(_ evidence: FleetEvidence, _ candidate: Int) -> FleetVerdict.Guard {
    let widths = evidence.widths
    let share = Double(widths[candidate]) / Double(widths[candidate] + widths[0])
    func split(_ control: Int, _ tested: Int) -> SplitTest {
      SplitTest(candidate: tested, of: control + tested, share: share, weight: 200)
    }
    var splits: [SplitTest] = evidence.models.map { model in
      func enrolled(_ arm: Int) -> Int {
        evidence.cohorts[.init(arm: arm, model: model)]?.enrolled ?? 0
      }
      return split(enrolled(0), enrolled(candidate))
    }
    let all = split(evidence.cohort(0).enrolled, evidence.cohort(candidate).enrolled)
    splits.append(all)
    let value =
      splits.map { min($0.evidence, 1e300 / Double(splits.count)) }.reduce(0, +)
      / Double(splits.count)
    return .init(
      name: .sampleRatio, isMet: value < 1 / policy.falseGuards,
      text: "\(percent(Double(all.candidate) / Double(max(1, all.all)))) of the devices are in the "
        + "candidate's arm, \(percent(share)) were to be")
  }

  private mutating func silence(
    _ control: FleetEvidence.Cohort, _ tested: FleetEvidence.Cohort
  ) -> FleetVerdict.Guard {
    let enrolled = control.enrolled + tested.enrolled
    guard control.enrolled > 0, tested.enrolled > 0 else {
      return .init(name: .silence, isMet: true, text: "an arm has no devices")
    }
    let test = SplitTest(
      candidate: tested.lost, of: control.lost + tested.lost,
      share: Double(tested.enrolled) / Double(enrolled), weight: 4)
    let (before, after) = (
      Double(control.lost) / Double(control.enrolled),
      Double(tested.lost) / Double(tested.enrolled)
    )
    // Of the silent devices, so many may be the candidate's in truth; what it misses beyond the
    // control is at most what it misses.
    let upper = test.upperShare(error: Self.missingError) * Double(test.all)
    let rest = Double(test.all) - upper
    let usual = max(0, rest / Double(control.enrolled))
    let excess = (upper / Double(tested.enrolled) - usual) / max(1 - usual, 1e-9)
    lost = min(max(excess, 0), after)
    missing = max(missing, lost)
    return .init(
      name: .silence, isMet: test.evidence < 1 / policy.falseGuards || after <= before,
      text: "\(percent(after)) of the candidate's devices are silent, \(percent(before)) of the "
        + "control's")
  }

  private mutating func reportRate(
    _ control: FleetEvidence.Cohort, _ tested: FleetEvidence.Cohort
  ) -> FleetVerdict.Guard {
    guard let before = logRates(control), let after = logRates(tested),
      let difference = ArmDifference(
        control: before, candidate: after, controlBefore: nil, candidateBefore: nil)
    else { return .init(name: .reportRate, isMet: true, text: "nothing to compare yet") }
    let reach = NormalMixture.reach(variance: difference.variance, error: Self.missingError)
    missing = max(missing, 1 - exp(min(0, difference.estimate - reach)))
    let value = max(
      NormalMixture.evidence(difference.estimate, variance: difference.variance),
      NormalMixture.evidence(-difference.estimate, variance: difference.variance))
    return .init(
      name: .reportRate, isMet: value < 2 / policy.falseGuards,
      text: "the candidate's devices sent \(percent(exp(difference.estimate))) of the reports that "
        + "the control's did")
  }

  /// Pseudo-values of the logarithm of reports per enrolled device.
  private func logRates(_ cohort: FleetEvidence.Cohort) -> [Double]? {
    let reports = cohort.reportsPerBin.reduce(0, +)
    let devices = cohort.enrolledPerBin.reduce(0, +)
    guard reports > 0, devices > 0 else { return nil }
    let whole = log(reports / devices)
    let count = Double(DeviceBins.count)
    var values: [Double] = []
    for bin in 0..<DeviceBins.count {
      let rest = (reports - cohort.reportsPerBin[bin], devices - cohort.enrolledPerBin[bin])
      guard rest.0 > 0, rest.1 > 0 else { return nil }
      values.append(count * whole - (count - 1) * log(rest.0 / rest.1))
    }
    return values
  }

  /// Half the sum of differences between the arms' shares of days.
  private func days(_ evidence: FleetEvidence, _ candidate: Int) -> FleetVerdict.Guard {
    let (control, tested) = (evidence.days[0] ?? [:], evidence.days[candidate] ?? [:])
    let sums = (control.values.reduce(0, +), tested.values.reduce(0, +))
    guard sums.0 > 0, sums.1 > 0 else {
      return .init(name: .days, isMet: true, text: "nothing to compare yet")
    }
    let apart =
      Set(control.keys).union(tested.keys).sorted().reduce(0.0) {
        $0
          + abs(
            Double(control[$1] ?? 0) / Double(sums.0) - Double(tested[$1] ?? 0) / Double(sums.1))
      } / 2
    return .init(
      name: .days, isMet: apart <= Self.mostUnlike || min(sums.0, sums.1) < policy.leastDevices,
      text: "\(percent(apart)) of the reports would have to be of other days")
  }
}
