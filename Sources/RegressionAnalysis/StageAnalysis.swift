import Foundation
import RunRecords

/// All series of one stage, fitted and moderated together.
struct StageAnalysis {
  /// By position in the list of series.
  private(set) var fits: [Int: StageFit] = [:]
  private(set) var lambda = 1.0

  init(
    series: [Series], runs: [PlacedRun], isConfirm: Bool, policy: VerdictPolicy,
    profile: NoiseProfile?
  ) {
    let design = StageDesign(runs: runs, isConfirm: isConfirm, policy: policy)
    guard !design.members.isEmpty else { return }
    for (position, one) in series.enumerated() where one.refusal == nil {
      fits[position] = design.fit(one.values)
    }
    moderate(series, policy: policy, profile: profile)
  }

  /// Statistics that a screen of this stage flags, by direction.
  func flags(_ series: [Series], _ policy: VerdictPolicy) -> FlagBalance {
    var balance = FlagBalance()
    for (position, fit) in fits where series[position].statistic != .rate {
      guard fit.p < policy.screenAlpha else { continue }
      if fit.delta * series[position].worse > 0 {
        balance.worse += 1
      } else {
        balance.better += 1
      }
    }
    return balance
  }

  private mutating func moderate(
    _ series: [Series], policy: VerdictPolicy, profile: NoiseProfile?
  ) {
    let known = profile?.shrunk ?? [:]
    // The rate is described, not judged: it neither lends nor borrows noise.
    let judged = fits.keys.sorted().filter { series[$0].statistic != .rate }
    var classes: [Statistic: [Double]] = [:]
    for position in judged {
      guard let fit = fits[position] else { continue }
      classes[series[position].statistic, default: []].append(log(fit.variance))
    }
    let floor = policy.deviationFloor * policy.deviationFloor
    var inputs: [(position: Int, input: VarianceModeration.Input)] = []
    for position in judged {
      guard let fit = fits[position] else { continue }
      let one = series[position]
      let entry = known[NoiseEntry.key(one.id.text, one.statistic)]
      let members = classes[one.statistic] ?? []
      let typical = exp(members.reduce(0, +) / Double(max(members.count, 1)))
      inputs.append(
        (
          position,
          VarianceModeration.Input(
            variance: fit.variance, degreesOfFreedom: fit.degreesOfFreedom,
            prior: max(entry?.variance ?? typical, floor),
            priorDegrees: entry?.degreesOfFreedom ?? VarianceModeration.unprofiledDegrees)
        ))
    }
    let moderation = VarianceModeration(inputs.map(\.input))
    lambda = moderation.lambda
    for (position, input) in inputs {
      let (variance, degrees) = moderation.moderated(input)
      fits[position]?.moderatedVariance = variance
      fits[position]?.moderatedDegrees = degrees
    }
    // Runs that agree better than their own sampling allows repeat one another (an emulator):
    // they share that error instead of averaging it out.
    for position in fits.keys {
      guard let variance = fits[position]?.moderatedVariance else { continue }
      fits[position]?.shared = 2 * max(0, series[position].samplingVariance / 2 - variance)
    }
  }
}
