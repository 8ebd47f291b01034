import Foundation
import Testing

@testable import ProbeBuild

@Suite struct PinnedSourceTests {
  private let programs = [
    ("switch__tp_btf", "tp_btf/sched_switch"), ("switch__raw_tp", "raw_tp/sched_switch"),
    ("opt_sync__tracepoint", "tracepoint/ext4/sync"), ("opt_sync__kprobe", "kprobe/sync"),
    ("only__tp_btf", "tp_btf/only"), ("odd", "raw_tp/odd"),
  ].map { ProbeObject.Program(name: $0.0, section: $0.1) }

  @Test func aHookKeepsTheBestRungThatCannotFailToLoad() {
    #expect(
      PinnedSource.chosen(programs).map(\.name) == ["switch__raw_tp", "opt_sync__tracepoint"])
  }

  @Test func otherProgramsAreMarked() {
    let source = programs.map { "SEC(\"\($0.section)\") int f;" }.joined(separator: "\n")
    #expect(
      PinnedSource.rewritten(source, programs: programs).split(separator: "\n") == [
        "SEC(\"?tp_btf/sched_switch\") int f;", "SEC(\"raw_tp/sched_switch\") int f;",
        "SEC(\"tracepoint/ext4/sync\") int f;", "SEC(\"?kprobe/sync\") int f;",
        "SEC(\"?tp_btf/only\") int f;", "SEC(\"?raw_tp/odd\") int f;",
      ])
  }

  @Test func namesAreTakenApart() {
    let parts = ProbeObject.Program(name: "opt_a__b__kprobe_2", section: "kprobe/x").hookAndRung
    #expect(parts?.hook == "a__b")
    #expect(parts?.rung == "kprobe")
    #expect(ProbeObject.Program(name: "plain", section: "kprobe/x").hookAndRung == nil)
  }

  @Test func theObjectIsCompiledWithMarks() async throws {
    try await withFixture { fixture in
      let probe = try fixture.share.probe(named: "small")
      let artifact = try await fixture.builder().pinnedObject(of: probe, abi: .arm64)
      let object = try ProbeObject.inspect(path: artifact.path)
      #expect(object.programs.filter(\.isLoaded).map(\.section) == ["raw_tp/sched_switch"])
      #expect(object.programs.map(\.section).contains("?tp_btf/sched_switch"))
    }
  }
}
