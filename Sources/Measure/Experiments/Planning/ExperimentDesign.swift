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
  /// Runs of each arm that are planned: made unless the verdict is settled before.
  package var runs: Int
  /// Runs of each arm that are made at most, where something is left open.
  package var mostRuns: Int
  /// Runs made at the same time, each on a device of its own: 1 or 2.
  package var lanes: Int
  /// Attempts a slot gets before the experiment gives up; the same for both arms, because
  /// retrying only the slow build would discard its evidence.
  package var attempts: Int

  package init(
    layout: Layout = .boots, runs: Int, mostRuns: Int? = nil, lanes: Int = 1, attempts: Int = 1
  ) {
    self.layout = layout
    self.runs = runs
    self.mostRuns = max(runs, mostRuns ?? runs)
    self.lanes = lanes
    self.attempts = attempts
  }

  /// The first runs alone, from which it is known how long the others will take.
  package var first: ExperimentDesign {
    var design = self
    design.runs = 1
    design.mostRuns = 1
    return design
  }

  /// Runs per arm after which the verdict is looked at, ascending; the last are all there may be.
  package var looks: [Int] {
    switch layout {
    case .boots, .flashes, .stored: Array(min(Self.firstLook, runs)...mostRuns)
    // Before both firmwares have been on both devices, a difference may be that of the devices.
    case .crossover: Array(stride(from: block, through: max(block, mostRuns), by: block))
    case .blocks: [runs]
    }
  }

  /// Fewer runs per arm decide nothing.
  private static let firstLook = 3

  /// Runs per arm of a crossover after which both firmwares have been on both devices alike.
  private var block: Int { runs.isMultiple(of: 4) ? runs / 2 : runs }

  /// The first `runs` runs of each arm, in the order in which they are made; those that may be made
  /// at the same time stand beside each other.
  package func slots(_ runs: Int) -> [RunSlot] {
    arms(runs).enumerated().map { position, place in
      RunSlot(
        arm: place.arm, order: position, attempt: 1, lane: place.lane, installs: place.installs)
    }
  }

  private typealias Place = (arm: ExperimentPlace.Arm, lane: Int?, installs: Bool)

  private func arms(_ count: Int) -> [Place] {
    switch layout {
    case .boots, .flashes:
      // A B, B A, …: a drift of the rig that is linear in time falls on both arms alike.
      return (0..<count).flatMap { pair -> [Place] in
        let arms: [ExperimentPlace.Arm] =
          pair.isMultiple(of: 2) ? [.reference, .candidate] : [.candidate, .reference]
        return arms.map { ($0, nil, layout == .flashes) }
      }
    case .stored:
      return (0..<count).map { (.candidate, nil, $0 == 0) }
    case .blocks:
      return ExperimentPlace.Arm.allCases.flatMap { arm -> [Place] in
        (0..<count).map { (arm, nil, $0 == 0) }
      }
    case .crossover:
      return (0..<count).flatMap(crossed)
    }
  }

  /// Two devices side by side with one firmware each, swapped half-way of a block. The next block
  /// begins with what the one before left installed.
  private func crossed(_ pair: Int) -> [Place] {
    let (index, place) = pair.quotientAndRemainder(dividingBy: block)
    let swap = (block + 1) / 2
    let isSwapped = (place >= swap) != !index.isMultiple(of: 2)
    let installs = place == swap || pair == 0
    let arms: [ExperimentPlace.Arm] =
      isSwapped ? [.candidate, .reference] : [.reference, .candidate]
    return arms.enumerated().map { ($1, $0, installs) }
  }
}

/// One place in the experiment: a run that is to be made.
package struct RunSlot: Sendable, Equatable, Hashable {
  package var arm: ExperimentPlace.Arm
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
    arm: ExperimentPlace.Arm, order: Int, attempt: Int,
    lane: Int? = nil, installs: Bool = false
  ) {
    self.arm = arm
    self.order = order
    self.attempt = attempt
    self.lane = lane
    self.installs = installs
  }
}
