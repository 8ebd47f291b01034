import RunRecords
import Testing

@testable import Experiments

@Suite struct ExperimentDesignTests {
  /// Arm and device of every run, such as `r0`; `+` where the firmware is installed.
  private func text(_ design: ExperimentDesign, _ runs: Int? = nil) -> String {
    design.slots(runs ?? design.runs).map { slot in
      (slot.installs ? "+" : "") + slot.arm.rawValue.prefix(1) + (slot.lane.map(String.init) ?? "")
    }.joined(separator: " ")
  }

  @Test func bootsTakeTurnsAndInstallNothing() {
    let design = ExperimentDesign(runs: 5, mostRuns: 6)
    #expect(text(design) == "r c c r r c c r r c")
    #expect(design.looks == [3, 4, 5, 6])
    // What is made first is the beginning of what is made at most.
    #expect(Array(design.slots(6).prefix(10)) == design.slots(5))
  }

  @Test func everyRunOfFlashesDiscardsABoot() {
    let design = ExperimentDesign(layout: .flashes, runs: 4)
    #expect(text(design) == "+r +c +c +r +r +c +c +r")
    #expect(design.looks == [3, 4])
  }

  @Test func crossoverSwapsInEveryBlockAndKeepsWhatIsInstalled() {
    let design = ExperimentDesign(layout: .crossover, runs: 8, mostRuns: 12, lanes: 2)
    // The first device ends a block with the candidate, and begins the next with it.
    #expect(
      text(design) == "+r0 +c1 r0 c1 +c0 +r1 c0 r1" + " " + "c0 r1 c0 r1 +r0 +c1 r0 c1")
    #expect(design.looks == [4, 8, 12])
    for runs in design.looks {
      for lane in 0...1 {
        let own = design.slots(runs).filter { $0.lane == lane }
        #expect(own.count { $0.arm == .reference } == own.count { $0.arm == .candidate })
      }
    }
  }

  @Test func storedBuildsNeedTheCandidateAlone() {
    let design = ExperimentDesign(layout: .stored, runs: 5)
    #expect(text(design) == "+c c c c c")
    #expect(design.looks == [3, 4, 5])
  }

  @Test func blocksInstallEachFirmwareOnce() {
    let design = ExperimentDesign(layout: .blocks, runs: 3, mostRuns: 6)
    #expect(text(design) == "+r r r +c c c")
    // Looking between the arms would compare nothing.
    #expect(design.looks == [3])
  }

  @Test func aFewRunsHaveOneLook() {
    for layout in ExperimentDesign.Layout.allCases {
      #expect(ExperimentDesign(layout: layout, runs: 1).looks == [1])
    }
  }

  @Test func theFirstRunsBeginEveryDesign() {
    for layout in ExperimentDesign.Layout.allCases {
      let design = ExperimentDesign(layout: layout, runs: 8, mostRuns: 16, lanes: 2)
      #expect(design.first.slots(1).first == design.slots(8).first)
      #expect(design.first.looks == [1])
    }
  }
}
