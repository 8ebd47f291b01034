import RegressionAnalysis

/// Many campaigns of one kind, each looked at every day until it ends.
package struct CampaignSimulation: Sendable {
  package var fleet: SimulatedFleet
  package var harm: SimulatedHarm
  package var policy = FleetPolicy()
  package var campaigns: Int
  package var seed: UInt64
  /// Whether a promotion is taken note of and the campaign goes on: so that every look counts.
  package var looksOn = true

  package init(
    fleet: SimulatedFleet = SimulatedFleet(), harm: SimulatedHarm = SimulatedHarm(),
    campaigns: Int, seed: UInt64 = 1
  ) {
    self.fleet = fleet
    self.harm = harm
    self.campaigns = campaigns
    self.seed = seed
  }

  /// How they ended.
  package struct Result: Sendable, Equatable {
    package var stopped = 0
    package var guardFailed = 0
    /// Campaigns that any look would have promoted.
    package var promoted = 0
    /// Reports of both arms since the offer, of each stop and of each first promotion.
    package var daysToStop: [Int] = []
    package var daysToPromote: [Int] = []

    mutating func merge(_ other: Result) {
      stopped += other.stopped
      guardFailed += other.guardFailed
      promoted += other.promoted
      daysToStop += other.daysToStop
      daysToPromote += other.daysToPromote
    }
  }

  /// As many at a time as `width` says; the same result whatever it is.
  package func run(width: Int) async -> Result {
    let day = SimulatedDay(spread: fleet.spread)
    let all = await withTaskGroup(of: Result.self) { group in
      for part in 0..<max(1, width) {
        group.addTask {
          var result = Result()
          for number in stride(from: part, to: campaigns, by: max(1, width)) {
            result.merge(one(number, day))
          }
          return result
        }
      }
      return await group.reduce(into: Result()) { $0.merge($1) }
    }
    var sorted = all
    sorted.daysToStop.sort()
    sorted.daysToPromote.sort()
    return sorted
  }

  private func one(_ number: Int, _ day: SimulatedDay) -> Result {
    var campaign = SimulatedCampaign(
      fleet, harm, day: day, random: SimulationRandom(seed: seed, stream: UInt64(number)))
    let judge = FleetJudge(policy)
    var result = Result()
    for _ in 0..<fleet.days {
      campaign.advance()
      let verdict = judge.look(campaign.evidence(), candidate: 1)
      switch verdict.outcome {
      case .stop:
        result.stopped += 1
        result.daysToStop.append(campaign.deviceDays)
        return result
      case .guardFailed:
        result.guardFailed += 1
        return result
      case .promote where result.promoted == 0:
        result.promoted = 1
        result.daysToPromote.append(campaign.deviceDays)
        if !looksOn { return result }
      case .promote, .goOn: break
      }
    }
    return result
  }
}
