import RunRecords

/// How many runs an experiment holds, and how they are spread over time and devices.
package struct ExperimentDesign: Sendable, Equatable {
  /// Who runs when.
  package enum Layout: String, Sendable, Equatable, Codable, CaseIterable {
    /// Both firmwares in turn, a boot each: for devices that switch firmwares without installing.
    case boots
    /// Both firmwares in turn, each installed anew for every run; the first boot after it is
    /// thrown away.
    case flashes
    /// Two devices of one model, each with one firmware and then, swapped once, with the other.
    case crossover
    /// The candidate alone, against stored runs of earlier builds.
    case stored
    /// All runs of the reference, then all of the candidate, each installed once. Weak evidence:
    /// what differs may be the flash, or the hour.
    case blocks = "weak"

    /// Devices that it takes at least.
    package var devices: Int { self == .crossover ? 2 : 1 }
  }

  package var layout: Layout
  /// Runs of each arm before the first judgement.
  package var screenRuns: Int
  /// Fresh runs of each arm after a screen that found something or could not decide.
  package var confirmRuns: Int
  /// Runs made at the same time, each on a device of its own: 1 or 2.
  package var lanes: Int
  /// Attempts a slot gets before the experiment gives up; the same for both arms, because
  /// retrying only the slow build would discard its evidence.
  package var attempts: Int

  package init(
    layout: Layout = .boots, screenRuns: Int, confirmRuns: Int, lanes: Int = 1, attempts: Int = 1
  ) {
    self.layout = layout
    self.screenRuns = screenRuns
    self.confirmRuns = confirmRuns
    self.lanes = lanes
    self.attempts = attempts
  }

  /// The first runs alone, which tell how long the others will take.
  package var first: ExperimentDesign {
    var design = self
    design.screenRuns = 1
    design.confirmRuns = 0
    return design
  }

  /// Runs per arm of a stage.
  package func runs(_ stage: ExperimentPlace.Stage) -> Int {
    stage == .screen ? screenRuns : confirmRuns
  }

  /// All runs of a stage, in the order in which they are made; those that may be made at the same
  /// time stand beside each other.
  package func slots(_ stage: ExperimentPlace.Stage) -> [RunSlot] {
    let first = stage == .screen ? 0 : slots(.screen).count
    return arms(stage).enumerated().map { position, place in
      RunSlot(
        arm: place.arm, stage: stage, order: first + position, attempt: 1, lane: place.lane,
        installs: place.installs)
    }
  }

  private typealias Place = (arm: ExperimentPlace.Arm, lane: Int?, installs: Bool)

  private func arms(_ stage: ExperimentPlace.Stage) -> [Place] {
    let count = runs(stage)
    switch layout {
    case .boots, .flashes:
      // A B, B A, …: a drift of the bench that is linear in time falls on both arms alike.
      return (0..<count).flatMap { pair -> [Place] in
        let arms: [ExperimentPlace.Arm] =
          pair.isMultiple(of: 2) ? [.reference, .candidate] : [.candidate, .reference]
        return arms.map { ($0, nil, layout == .flashes) }
      }
    case .stored:
      return (0..<count).map { (.candidate, nil, stage == .screen && $0 == 0) }
    case .blocks:
      return ExperimentPlace.Arm.allCases.flatMap { arm -> [Place] in
        (0..<count).map { (arm, nil, $0 == 0) }
      }
    case .crossover:
      return crossed(stage)
    }
  }

  /// Two devices side by side with one firmware each, swapped half-way. The second stage begins
  /// with what the first one left installed.
  private func crossed(_ stage: ExperimentPlace.Stage) -> [Place] {
    let count = runs(stage)
    let swap = (count + 1) / 2
    return (0..<count).flatMap { pair -> [Place] in
      let isSwapped = (pair >= swap) != (stage == .confirm)
      let installs = pair == swap || (pair == 0 && stage == .screen)
      let arms: [ExperimentPlace.Arm] =
        isSwapped ? [.candidate, .reference] : [.reference, .candidate]
      return arms.enumerated().map { ($1, $0, installs) }
    }
  }
}

/// One place in the experiment: a run that is to be made.
package struct RunSlot: Sendable, Equatable, Hashable {
  package var arm: ExperimentPlace.Arm
  package var stage: ExperimentPlace.Stage
  /// Position in the whole experiment from 0; the trend term of the analysis.
  package var order: Int
  /// Attempt from 1.
  package var attempt: Int
  /// The device it must be made on, from 0; nil = any.
  package var lane: Int?
  /// Whether the firmware is installed for it, on devices that install firmwares; the first boot
  /// after that is thrown away.
  package var installs: Bool

  package init(
    arm: ExperimentPlace.Arm, stage: ExperimentPlace.Stage, order: Int, attempt: Int,
    lane: Int? = nil, installs: Bool = false
  ) {
    self.arm = arm
    self.stage = stage
    self.order = order
    self.attempt = attempt
    self.lane = lane
    self.installs = installs
  }
}
