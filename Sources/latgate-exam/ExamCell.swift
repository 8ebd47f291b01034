import RegressionAnalysis

/// One entry of the exam's tables: a plan and the bound that its result must keep.
struct ExamCell: Sendable {
  /// What the result is held against.
  enum Bound: Sendable {
    /// Unchanged builds called a regression, of 1000, at most.
    case flagged(Double)
    /// Changes found, as a share, at least.
    case found(Double)
    /// Printed only.
    case none
  }

  var row: String
  var column: String
  var plan: SimulationPlan
  var bound: Bound

  /// Whether the measured share keeps the bound; nil without one.
  func isMet(_ result: SimulationResult) -> Bool? {
    switch bound {
    case .flagged(let most): result.regression.share * 1000 <= most
    case .found(let least): (result.found?.share ?? 0) >= least
    case .none: nil
    }
  }
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

  /// Shares of changes found that a design must reach, by ``changes``; nil = no promise.
  private static func promise(_ noise: NoiseClass, runs: Int) -> [Double]? {
    switch (noise, runs) {
    case (.quiet, _): [0.91, 0.99, 1, 0.93, 1]
    case (.typical, 4): [0.77, 0.97, 1, 0.82, 1]
    case (.typical, _): [0.84, 1, 1, 0.91, 1]
    case (.noisy, _): [0.28, 0.84, 1, 0.53, 0.95]
    case (.harsh, _): nil
    }
  }

  /// Unchanged builds, 4 + 4 boots and as many fresh ones.
  static func unchanged(_ experiments: Int) -> [ExamCell] {
    NoiseClass.allCases.flatMap { noise in
      profiles.map { profile in
        ExamCell(
          row: noise.rawValue, column: profile.name,
          plan: SimulationPlan(
            bench: SimulatedBench(noise), experiments: experiments, seed: 1,
            profileFactor: profile.factor),
          bound: .flagged(noise == .quiet || noise == .typical ? 4 : 10))
      }
    }
  }

  /// Builds with a true change.
  static func changed(_ experiments: Int, runs: Int) -> [ExamCell] {
    [.quiet, .typical, .noisy].flatMap { (noise: NoiseClass) in
      let promises = promise(noise, runs: runs)
      return changes.enumerated().map { position, change in
        ExamCell(
          row: noise.rawValue, column: change.name,
          plan: SimulationPlan(
            bench: SimulatedBench(noise),
            effect: SimulatedEffect(shift: change.shift, part: change.part), runs: runs,
            confirmRuns: runs, experiments: experiments, seed: 2),
          bound: promises.map { .found($0[position]) } ?? .none)
      }
    }
  }
}
