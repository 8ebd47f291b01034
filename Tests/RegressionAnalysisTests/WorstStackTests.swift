import RunRecords
import Testing

@testable import RegressionAnalysis

@Suite struct WorstStackTests {
  private let id = MetricID(
    name: "alarm.run", phase: "loaded", labels: ["class": "workload"], unit: "ns")

  private func stacks(
    octave: String?, class class_: String = "workload", metric: String = "alarmprofile.lateness",
    _ kernel: [[String]: UInt64]
  ) -> StacksRecord {
    var labels = ["class": class_, "comm": "kworker"]
    labels["octave"] = octave
    return StacksRecord(
      metric: metric, labels: labels, unit: "ns",
      stacks: kernel.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
        StacksRecord.Stack(count: $0.value, sum: $0.value * 1000, kernel: $0.key, user: [])
      }, dropped: 0)
  }

  private func record(_ phases: [(String, [StacksRecord])]) -> RunRecord {
    var record = Bench().both(seed: 1).candidate[0]
    var iteration = record.iterations[0]
    iteration.phases = phases.map { name, stacks in
      var phase = iteration.phases[0]
      phase.name = name
      phase.stacks = stacks
      return phase
    }
    record.iterations = [iteration]
    record.symbols = SymbolsRecord(
      kernel: ["1": "do_io+0x10/0x20", "2": "el1_irq+0x4/0x80", "3": "idle+0x8/0x10"])
    return record
  }

  @Test func theCommonestOfTheHighestOctaveOverAllRuns() throws {
    let common: [[String]: UInt64] = [["3", "2"]: 900]
    let one = record([("loaded", [stacks(octave: "5", common), stacks(octave: "10", [["3"]: 2])])])
    let other = record([("loaded", [stacks(octave: "10", [["1", "2"]: 3, ["3"]: 0])])])
    let found = try #require(WorstStack("alarmprofile.lateness", of: id, in: [one, other]))
    #expect(found.frames == ["kworker", "el1_irq", "do_io"])
    #expect(found.count == 3 && found.operations == 5)
    #expect(found.least == 1_024_000)
  }

  @Test func stacksOfOtherPhasesClassesAndMetricsAreNotTheirs() {
    let records = [
      record([
        ("alone", [stacks(octave: "12", [["1"]: 1])]),
        (
          "loaded",
          [
            stacks(octave: "12", class: "kernel", [["1"]: 1]),
            stacks(octave: "12", metric: "profile.cpu", [["1"]: 1]),
          ]
        ),
      ])
    ]
    #expect(WorstStack("alarmprofile.lateness", of: id, in: records) == nil)
  }

  @Test func withoutDurationsTheCommonestOfAll() throws {
    let one = record([("loaded", [stacks(octave: nil, [["1"]: 2, ["3"]: 1])])])
    let found = try #require(WorstStack("alarmprofile.lateness", of: id, in: [one]))
    #expect(found.frames == ["kworker", "do_io"] && found.operations == 3 && found.least == nil)
  }
}
