import Testing

@testable import FleetAnalysis

/// `ci/exam` has the large version of these.
@Suite("Simulated campaigns")
struct SimulationTests {
  private func fleet(days: Int) -> SimulatedFleet {
    var fleet = SimulatedFleet()
    fleet.devices = 250
    fleet.metrics = 1
    fleet.daysBefore = 3
    fleet.days = days
    return fleet
  }

  @Test("Unchanged firmwares are not stopped, whenever one looks")
  func unchanged() async {
    let simulation = CampaignSimulation(fleet: fleet(days: 5), campaigns: 4)
    let result = await simulation.run(width: 2)
    #expect(result.stopped == 0 && result.guardFailed == 0)
    #expect(await simulation.run(width: 3) == result)
  }

  @Test("A firmware that is 10% slower is stopped in the median within 5,000 device-days")
  func slower() async {
    let result = await CampaignSimulation(
      fleet: fleet(days: 8), harm: SimulatedHarm(shift: 0.1), campaigns: 5
    ).run(width: 2)
    #expect(result.stopped == 5 && result.promoted == 0)
    #expect((result.daysToStop.dropFirst(2).first ?? .max) <= 5000, "\(result.daysToStop)")
  }

  @Test("A firmware that loses the slowest devices is never promoted")
  func loses() async {
    for share in [0.02, 0.1] {
      let result = await CampaignSimulation(
        fleet: fleet(days: 5), harm: SimulatedHarm(slowestLost: share), campaigns: 2
      ).run(width: 2)
      #expect(result.promoted == 0, "\(share)")
    }
  }
}
