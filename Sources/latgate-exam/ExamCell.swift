import RegressionAnalysis

/// One entry of the exam's tables: a plan and the bound that its result must keep.
struct ExamCell: Sendable {
  /// What the result is held against.
  enum Bound: Sendable {
    /// Unchanged builds called a regression, of 1000, at most.
    case flagged(Double)
    /// Changes found, as a share, at least.
    case found(Double)
    /// Changes found beside those that somebody who knows the noise finds: at most this share of
    /// all is lost (nil = printed only); and the share hoped for.
    case ofPossible(lost: Double?, hoped: Double)
  }

  var row: String
  var column: String
  var plan: SimulationPlan
  var bound: Bound

  /// Runs the cell's experiments.
  func outcome() throws -> ExamOutcome {
    let result = try plan.run()
    guard case .ofPossible = bound else { return ExamOutcome(result: result, possible: nil) }
    return ExamOutcome(result: result, possible: SimulatedOracle(plan).found())
  }

  /// Whether the measured share keeps the bound.
  func isMet(_ outcome: ExamOutcome) -> Bool {
    let found = outcome.result.found?.share ?? 0
    return switch bound {
    case .flagged(let most): outcome.result.regression.share * 1000 <= most
    case .found(let least): found >= least
    case .ofPossible(let lost, _):
      lost.map { found >= (outcome.possible?.share ?? 1) - $0 } ?? true
    }
  }

  /// The share, its interval and the bound.
  func text(_ outcome: ExamOutcome) -> String {
    switch bound {
    case .flagged(let most):
      let share = outcome.result.regression
      return [share.share, share.low, share.high].map { fixed($0 * 1000, 1) }
        .joined(separator: " ") + " <=\(Int(most))"
    case .found(let least):
      return "\(fixed(outcome.result.found?.share ?? 0, 2)) >=\(fixed(least, 2))"
    case .ofPossible(_, let hoped):
      let possible = outcome.possible?.share ?? 1
      return "\(fixed(outcome.result.found?.share ?? 0, 2)) of \(fixed(possible, 2)) "
        + "(\(fixed(hoped, 2)))"
    }
  }

  private func fixed(_ number: Double, _ places: Int) -> String {
    let scale = places == 1 ? 10 : 100
    let whole = Int((number * Double(scale)).rounded())
    let rest = String(whole % scale)
    let zeros = String(repeating: "0", count: max(0, places - rest.count))
    return "\(whole / scale).\(zeros)\(rest)"
  }
}

/// What became of a cell.
struct ExamOutcome: Sendable {
  var result: SimulationResult
  /// Changes found by somebody who knows the noise, in the same experiments.
  var possible: Proportion?
}

extension ExamCell {
  /// How a verdict learns the bench's noise: from its own runs, or from a profile that believes
  /// the bench this many times quieter than it is.
  static let profiles: [(name: String, factor: Double?)] = [
    ("no profile", nil), ("true profile", 1), ("1.5x too quiet", 1.5), ("2x too quiet", 2),
  ]
  static let changes: [(name: String, part: SimulatedEffect.Part, shift: Double)] = [
    ("p50 +5%", .p50, 0.05), ("p50 +10%", .p50, 0.10), ("p50 +20%", .p50, 0.20),
    ("p99 +10%", .p99, 0.10), ("p99 +20%", .p99, 0.20),
  ]

  /// Shares of changes found that a design must reach, by ``changes``.
  private static func promise(_ noise: NoiseClass, runs: Int) -> [Double] {
    switch (noise, runs) {
    case (.quiet, _): [0.91, 0.99, 1, 0.93, 1]
    case (.typical, 4): [0.77, 0.97, 1, 0.82, 1]
    case (.typical, _): [0.84, 1, 1, 0.91, 1]
    case (.noisy, _): [0.28, 0.84, 1, 0.53, 0.95]
    }
  }

  /// Share of all changes that not knowing a noisy bench's noise may cost with a noise profile.
  private static let mostLost = 0.10

  /// Unchanged builds, 4 + 4 boots and as many fresh ones.
  static func unchanged(_ classes: [NoiseClass], _ experiments: Int) -> [ExamCell] {
    classes.flatMap { noise in
      profiles.map { profile in
        ExamCell(
          row: noise.rawValue, column: profile.name,
          plan: SimulationPlan(
            bench: SimulatedBench(noise), experiments: experiments, seed: 1,
            profileFactor: profile.factor),
          bound: .flagged(noise == .noisy ? 10 : 4))
      }
    }
  }

  /// Builds with a true change, judged without and with a noise profile.
  static func changed(_ classes: [NoiseClass], _ experiments: Int, runs: Int) -> [ExamCell] {
    classes.flatMap { noise in
      [nil, 1].flatMap { (factor: Double?) in
        zip(changes, promise(noise, runs: runs)).map { change, least in
          ExamCell(
            row: noise.rawValue + (factor == nil ? "" : ", profile"), column: change.name,
            plan: SimulationPlan(
              bench: SimulatedBench(noise),
              effect: SimulatedEffect(shift: change.shift, part: change.part), runs: runs,
              confirmRuns: runs, experiments: experiments, seed: 2, profileFactor: factor),
            bound: noise == .noisy
              ? .ofPossible(lost: factor == nil ? nil : mostLost, hoped: least) : .found(least))
        }
      }
    }
  }
}
