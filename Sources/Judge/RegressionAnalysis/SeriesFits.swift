import Foundation
import RunRecords

/// All series, fitted and moderated together.
struct SeriesFits {
  /// By position in the list of series; nil where nothing can be compared.
  private(set) var fits: [ArmFit?]
  /// Of the common part (``Series/common``), where the event rate moved.
  private(set) var commonFits: [ArmFit?]
  /// How much noisier than known the rig was.
  private(set) var lambda = 1.0

  init(
    series: [Series], runs: [PlacedRun], policy: VerdictPolicy, profile: NoiseProfile?
  ) {
    let design = ArmDesign(runs: runs, policy: policy)
    fits = series.map { $0.refusal == nil ? design.fit($0.values) : nil }
    commonFits = series.map { one in
      one.refusal == nil ? one.common.flatMap { design.fit($0) } : nil
    }
    let known = profile?.shrunk ?? [:]
    // The worst of some iterations is another kind of number: neither lends the other its noise.
    for isWorst in [false, true] {
      moderate(series, isWorst: isWorst, policy: policy, known: known)
    }
  }

  /// Statistics that seem to have moved, by direction.
  func flags(_ series: [Series]) -> FlagBalance {
    var balance = FlagBalance()
    for (one, fit) in zip(series, fits) where one.statistic != .rate {
      guard let fit, fit.p < Self.flagged else { continue }
      if fit.delta * one.worse > 0 {
        balance.worse += 1
      } else {
        balance.better += 1
      }
    }
    return balance
  }

  /// P value below which a statistic counts as flagged in ``flags(_:)``.
  private static let flagged = 0.01

  private mutating func moderate(
    _ series: [Series], isWorst: Bool, policy: VerdictPolicy, known: [String: NoiseEntry]
  ) {
    // The rate is described, not judged: it neither lends nor borrows noise.
    let judged = fits.indices.filter {
      fits[$0] != nil && series[$0].statistic != .rate && series[$0].statistic.isWorst == isWorst
    }
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
      let entry = known[one.noiseKey]
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
    lambda = max(lambda, moderation.lambda)
    for (position, input) in inputs {
      let (variance, degrees) = moderation.moderated(input)
      fits[position]?.moderatedVariance = variance
      fits[position]?.moderatedDegrees = degrees
      // The common part is nearer to the reference than the candidate's runs are to one another.
      commonFits[position]?.moderatedVariance = variance
      commonFits[position]?.moderatedDegrees = degrees
    }
    // Runs that agree better than their own sampling allows repeat one another (an emulator):
    // they share that error instead of averaging it out.
    for position in judged {
      guard let variance = fits[position]?.moderatedVariance else { continue }
      let shared = 2 * max(0, series[position].samplingVariance / 2 - variance)
      fits[position]?.shared = shared
      commonFits[position]?.shared = shared
    }
  }
}
