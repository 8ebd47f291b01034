import RunRecords
import Testing

@testable import Experiments

@Suite struct CovariatesTests {
  private func policy(
    limit: Double, ticks: [Double: Double] = [:], changes: Double = 0
  ) -> DeviceReading.Policy {
    .init(
      current: 900, lowest: 300, limit: limit, hardware: 2000, ticks: ticks, changes: changes)
  }

  @Test func stateNamesItsUnits() {
    var reading = DeviceReading()
    reading.temperatures = ["a": 30, "b": 41.5]
    reading.coolingStates = ["x": 1, "y": 2]
    reading.policies = ["policy0": policy(limit: 1000), "policy4": policy(limit: 4000)]
    reading.isCharging = false
    reading.onlineCPUs = 8
    let numbers = Covariates.state(reading)
    #expect(numbers["temperature_celsius"] == 41.5 && numbers["throttle_state_sum"] == 3)
    #expect(abs((numbers["frequency_limit_khz"] ?? 0) - 2000) < 1e-9)
    #expect(numbers["policy4_frequency_limit_khz"] == 4000)
    #expect(numbers["battery_charging_flag"] == 0 && numbers["cpus_online_count"] == 8)
    #expect(numbers["battery_percent"] == nil)
  }

  @Test func iterationTellsWhatChanged() throws {
    var before = DeviceReading()
    before.uptime = 100
    before.memoryStalled = 1_000_000
    before.majorFaults = 5
    before.temperatures = ["a": 30]
    before.policies = ["policy0": policy(limit: 1000, ticks: [300: 10, 1000: 10], changes: 3)]
    var after = before
    after.uptime = 102
    after.memoryStalled = 1_100_000
    after.majorFaults = 9
    after.temperatures = ["a": 33]
    after.policies = ["policy0": policy(limit: 800, ticks: [300: 40, 1000: 20], changes: 7)]
    let speed = MachineSpeed(
      output: "work: 1000\ncpu0_fastest_ns: 2000\ncpu0_mean_ns: 4000\n")
    let numbers = Covariates.iteration(before: before, after: after, speed: speed)
    #expect(numbers["memory_pressure_percent"] == 5 && numbers["major_faults_count"] == 4)
    #expect(numbers["temperature_celsius"] == 30)
    #expect(numbers["temperature_after_celsius"] == 33)
    #expect(abs((numbers["frequency_limit_after_khz"] ?? 0) - 800) < 1e-9)
    #expect(numbers["frequency_changes_count"] == 4)
    // 30 ticks at 300 and 10 at 1000 kHz.
    #expect(abs((numbers["frequency_mean_khz"] ?? 0) - 475) < 1e-9)
    #expect(abs((numbers["speed_loops_per_us"] ?? 0) - 500) < 1e-9)
    #expect(abs((numbers["speed_sustained_loops_per_us"] ?? 0) - 250) < 1e-9)
  }

  @Test func timesAtFrequenciesOfOneLookAreNoneOfTheIteration() {
    func mean(_ first: [Double: Double], _ last: [Double: Double]) -> Double? {
      var (before, after) = (DeviceReading(), DeviceReading())
      before.policies = ["policy0": policy(limit: 1000, ticks: first)]
      after.policies = ["policy0": policy(limit: 1000, ticks: last)]
      return Covariates.iteration(before: before, after: after, speed: nil)["frequency_mean_khz"]
    }
    // The table could be read at one of them only.
    #expect(mean([300: 5000, 1000: 10], [:]) == nil)
    #expect(mean([:], [300: 5000, 1000: 10]) == nil)
    #expect(abs((mean([300: 5000, 700: 9], [300: 5010, 1000: 70]) ?? 0) - 300) < 1e-9)
  }

  @Test func countersThatRanBackwardsSayNothing() {
    var before = DeviceReading()
    before.majorFaults = 5
    before.memoryStalled = 10
    before.uptime = 7
    var after = before
    after.majorFaults = 4
    let numbers = Covariates.iteration(before: before, after: after, speed: nil)
    #expect(numbers["major_faults_count"] == nil && numbers["memory_pressure_percent"] == nil)
  }

  @Test func speedIsReadPerCPU() throws {
    let text = """
      work: 100000
      cpu0_fastest_ns: 50000
      cpu0_mean_ns: 52000
      cpu10_fastest_ns: 200000
      cpu10_mean_ns: 0
      """
    let speed = try #require(MachineSpeed(output: text))
    #expect(speed.fastest == [0: 2000, 10: 500])
    #expect(abs(speed.overall - 1000) < 1e-9)
    #expect(speed.sustained.keys.sorted() == [0])
    for wrong in [
      "", "work: 0\ncpu0_fastest_ns: 1\ncpu0_mean_ns: 1", "cpu0_fastest_ns: 1", "work: 5",
    ] {
      #expect(MachineSpeed(output: wrong) == nil)
    }
  }

  @Test func speedChangeIsThatOfTheWorstCPU() throws {
    func speed(_ first: Int, _ second: Int) throws -> MachineSpeed {
      try #require(
        MachineSpeed(
          output: """
            work: 1000
            cpu0_fastest_ns: \(first)
            cpu1_fastest_ns: \(second)
            cpu0_mean_ns: 9000
            cpu1_mean_ns: 9000
            """))
    }
    let (slow, fast) = (try speed(1000, 2000), try speed(1000, 1000))
    #expect(abs(slow.change(since: fast) - 0.5) < 1e-9)
    #expect(abs(fast.change(since: slow) - 0.5) < 1e-9)
    #expect(fast.change(since: fast) == 0)
  }
}
