import Foundation
import RunRecords

/// The difference of the arms, for one series.
struct ArmFit {
  /// Candidate less reference, of logarithms.
  var delta: Double
  /// Residual, floored.
  var variance: Double
  var degreesOfFreedom: Double
  /// Variance of ``delta`` per unit of run variance.
  var leverage: Double
  /// Runs (or builds) of the smaller arm.
  var runs: Int
  /// What the model leaves of every run's value; empty where builds are the units.
  var residuals: [Double] = []
  /// Set by moderation.
  var moderatedVariance: Double
  var moderatedDegrees: Double
  /// Variance of ``delta`` that repeating runs does not reduce.
  var shared: Double = 0

  /// Standard error of ``delta``.
  var error: Double { (moderatedVariance * leverage + shared).squareRoot() }

  /// Two-sided p value.
  var p: Double {
    min(1, 2 * StudentT.upperTail(abs(delta) / error, degreesOfFreedom: moderatedDegrees))
  }

  /// Runs per arm with which a shift of `margin` would be seen with 80% power, or nil above `most`.
  func runsNeeded(
    margin: Double, tail: Double, most: Int, quantiles: QuantileCache = QuantileCache()
  ) -> Int? {
    guard margin > 0, most >= 2 else { return nil }
    let extra = max(0, moderatedDegrees - 2 * Double(runs) + 3)
    func suffices(_ runs: Int) -> Bool {
      let degrees = extra + Double(max(1, 2 * runs - 3))
      let reach = quantiles.t(tail, degrees) + quantiles.t(0.2, degrees)
      return reach * (moderatedVariance * 2 / Double(runs) + shared).squareRoot() <= margin
    }
    // More runs never say less, so halving finds the least number that suffices.
    guard suffices(most) else { return nil }
    var (low, high) = (2, most)
    while low < high {
      let middle = (low + high) / 2
      if suffices(middle) { high = middle } else { low = middle + 1 }
    }
    return high
  }
}

/// Who stands where: rows of the model.
struct ArmDesign {
  /// Positions in the list of all runs, in time.
  let members: [Int]
  private let runs: [PlacedRun]
  private let policy: VerdictPolicy
  private let times: [Int: Double]
  /// The model of series that have a value in every run.
  private var whole: Prepared?

  /// A model that depends on who has a value, not on the values.
  private struct Prepared {
    var model: LinearModel
    /// Of the smaller arm.
    var runs: Int
  }

  init(runs: [PlacedRun], policy: VerdictPolicy) {
    self.runs = runs
    self.policy = policy
    let own = Array(runs.indices)
    members = own
    let orders = own.compactMap { runs[$0].index.record.experiment?.order }
    let created = own.map { runs[$0].index.record.created.timeIntervalSince1970 }
    // Records come sorted by time, so the place in the list is the rank.
    let known = Set(orders).count == own.count || Set(created).count == own.count
    times =
      known
      ? Dictionary(uniqueKeysWithValues: own.enumerated().map { ($1, Double($0)) }) : [:]
    whole = policy.design == .stored ? nil : prepared(own)
  }

  /// Fits a series; nil when an arm has no value or no degree of freedom is left for the noise.
  func fit(_ values: [Double?]) -> ArmFit? {
    if policy.design == .stored {
      return storedFit(values, members.filter { values[$0] != nil })
    }
    let responses = values.compactMap(\.self)
    let isWhole = responses.count == members.count
    guard let prepared = isWhole ? whole : prepared(members.filter { values[$0] != nil }) else {
      return nil
    }
    let fit = prepared.model.fit(responses, column: 1)
    var made = armFit(fit, runs: prepared.runs)
    made?.residuals = fit.residuals
    return made
  }

  /// Arm, device and trend, as far as the runs can separate them.
  private func prepared(_ present: [Int]) -> Prepared? {
    let candidates = present.filter { runs[$0].isCandidate }.count
    let smaller = min(candidates, present.count - candidates)
    guard smaller > 0 else { return nil }
    let base = present.map { [1, runs[$0].isCandidate ? 1.0 : 0.0] }
    let blocked = zip(base, deviceColumns(present)).map { $0 + $1 }
    let centre = present.compactMap { times[$0] }.reduce(0, +) / Double(present.count)
    let trended = zip(blocked, present).map { $0 + [(times[$1] ?? 0) - centre] }
    let useTrend = smaller >= 4 && !times.isEmpty
    guard
      let model = (useTrend ? LinearModel(rows: trended) : nil) ?? LinearModel(rows: blocked)
        ?? LinearModel(rows: base)
    else { return nil }
    return Prepared(model: model, runs: smaller)
  }

  /// Builds as units: the candidate against the spread of the reference's builds.
  private func storedFit(_ values: [Double?], _ present: [Int]) -> ArmFit? {
    var builds: [String: (sum: Double, count: Double, isCandidate: Bool)] = [:]
    for position in present {
      guard let value = values[position] else { continue }
      let run = runs[position]
      let key = "\(run.isCandidate ? "c" : "r") \(run.index.record.firmware.id)"
      let old = builds[key] ?? (0, 0, run.isCandidate)
      builds[key] = (old.sum + value, old.count + 1, run.isCandidate)
    }
    let units = builds.sorted { $0.key < $1.key }.map(\.value)
    guard units.contains(where: \.isCandidate),
      let model = LinearModel(rows: units.map { [1, $0.isCandidate ? 1.0 : 0.0] })
    else { return nil }
    let candidateRuns = present.filter { runs[$0].isCandidate }.count
    return armFit(
      model.fit(units.map { $0.sum / $0.count }, column: 1),
      runs: min(candidateRuns, units.filter { !$0.isCandidate }.count))
  }

  /// A column per device beyond the first, where more than one took part.
  private func deviceColumns(_ present: [Int]) -> [[Double]] {
    func device(_ position: Int) -> String {
      let record = runs[position].index.record
      return policy.design == .crossover ? record.device.serial : record.benchDevice
    }
    let devices = Set(present.map(device)).sorted().dropFirst()
    return present.map { position in devices.map { $0 == device(position) ? 1 : 0 } }
  }

  private func armFit(_ fit: LinearModel.Fit, runs: Int) -> ArmFit? {
    guard fit.degreesOfFreedom > 0, fit.coefficient.isFinite, fit.variance.isFinite else {
      return nil
    }
    let variance = max(fit.variance, policy.deviationFloor * policy.deviationFloor)
    let degrees = Double(fit.degreesOfFreedom)
    return ArmFit(
      delta: fit.coefficient, variance: variance, degreesOfFreedom: degrees,
      leverage: fit.leverage, runs: runs, moderatedVariance: variance, moderatedDegrees: degrees)
  }
}
