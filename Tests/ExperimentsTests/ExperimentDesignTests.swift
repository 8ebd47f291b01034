import RunRecords
import Testing

@testable import Experiments

@Suite struct ExperimentDesignTests {
  /// Arm and device of every run, such as `r0`; `+` where the firmware is installed.
  private func text(_ design: ExperimentDesign, _ stage: ExperimentPlace.Stage) -> String {
    design.slots(stage).map { slot in
      (slot.installs ? "+" : "") + slot.arm.rawValue.prefix(1) + (slot.lane.map(String.init) ?? "")
    }.joined(separator: " ")
  }

  @Test func bootsTakeTurnsAndInstallNothing() {
    let design = ExperimentDesign(screenRuns: 3, confirmRuns: 2)
    #expect(text(design, .screen) == "r c c r r c")
    #expect(text(design, .confirm) == "r c c r")
  }

  @Test func everyRunOfFlashesDiscardsABoot() {
    let design = ExperimentDesign(layout: .flashes, screenRuns: 2, confirmRuns: 2)
    #expect(text(design, .screen) == "+r +c +c +r")
    #expect(text(design, .confirm) == "+r +c +c +r")
  }

  @Test func crossoverSwapsOnceAndGoesOnWithWhatIsInstalled() {
    let design = ExperimentDesign(layout: .crossover, screenRuns: 4, confirmRuns: 4, lanes: 2)
    #expect(text(design, .screen) == "+r0 +c1 r0 c1 +c0 +r1 c0 r1")
    // The first device ended with the candidate, and begins with it.
    #expect(text(design, .confirm) == "c0 r1 c0 r1 +r0 +c1 r0 c1")
    for stage in [ExperimentPlace.Stage.screen, .confirm] {
      for lane in 0...1 {
        let own = design.slots(stage).filter { $0.lane == lane }
        #expect(own.count { $0.arm == .reference } == own.count { $0.arm == .candidate })
      }
    }
  }

  @Test func storedBuildsNeedTheCandidateAlone() {
    let design = ExperimentDesign(layout: .stored, screenRuns: 3, confirmRuns: 2)
    #expect(text(design, .screen) == "+c c c")
    #expect(text(design, .confirm) == "c c")
    #expect(design.slots(.confirm).map(\.order) == [3, 4])
  }

  @Test func blocksInstallEachFirmwareOnceAStage() {
    let design = ExperimentDesign(layout: .blocks, screenRuns: 3, confirmRuns: 0)
    #expect(text(design, .screen) == "+r r r +c c c")
    #expect(design.slots(.confirm).isEmpty)
  }

  @Test func theFirstRunsBeginEveryDesign() {
    for layout in ExperimentDesign.Layout.allCases {
      let design = ExperimentDesign(layout: layout, screenRuns: 4, confirmRuns: 4, lanes: 2)
      let first = design.first.slots(.screen)
      #expect(first.first == design.slots(.screen).first)
      #expect(design.first.slots(.confirm).isEmpty)
    }
  }
}
