import Foundation
import Testing

@testable import ProbeBuild

@Suite struct PinnedProgramsTests {
  private let programs = [
    ("switch__tp_btf", "tp_btf/sched_switch"), ("switch__raw_tp", "raw_tp/sched_switch"),
    ("opt_sync__tracepoint", "tracepoint/ext4/sync"), ("opt_sync__kprobe", "kprobe/sync"),
    ("only__tp_btf", "tp_btf/only"), ("odd", "raw_tp/odd"),
  ].map { ProbeObject.Program(name: $0.0, section: $0.1) }

  @Test func aHookKeepsTheBestRungThatCannotFailToLoad() {
    #expect(
      PinnedPrograms.chosen(programs).map(\.name) == ["switch__raw_tp", "opt_sync__tracepoint"])
  }

  @Test func exactlyTheChosenOnesMayBeLoaded() {
    let kept = Set(PinnedPrograms.chosen(programs).map(\.name))
    let marked = programs.map { program in
      ProbeObject.Program(
        name: program.name,
        section: kept.contains(program.name) ? program.section : "?\(program.section)")
    }
    #expect(PinnedPrograms.objection(to: marked) == nil)
    #expect(PinnedPrograms.objection(to: programs)?.contains("'switch__tp_btf'") == true)
    let none = programs.map { ProbeObject.Program(name: $0.name, section: "?\($0.section)") }
    #expect(PinnedPrograms.objection(to: none)?.contains("would not load program") == true)
  }

  @Test func namesAreTakenApart() {
    let parts = ProbeObject.Program(name: "opt_a__b__kprobe_2", section: "kprobe/x").hookAndRung
    #expect(parts?.hook == "a__b")
    #expect(parts?.rung == "kprobe")
    #expect(ProbeObject.Program(name: "plain", section: "kprobe/x").hookAndRung == nil)
  }

  @Test func aHooksMacrosMarkItsRungs() async throws {
    try await withFixture { fixture in
      let probe = fixture.probe("small")
      let header = "\(repository)/bpf/include/hook.h"
      let hook = String(
        decoding: try #require(FileManager.default.contents(atPath: header)), as: UTF8.self)
      try fixture.write(hook, to: "share/bpf/include/hook.h")
      let builder = try fixture.builder()
      await #expect(throws: ProbeBuildError.self) {
        try await builder.pinnedObject(of: probe, abi: .arm64)
      }
      try fixture.write(
        Fixture.probe.replacing("SEC(\"tp_btf/", with: "LG_SEC_UNLESS_PINNED(\"tp_btf/")
          .replacing("#include \"marks.h\"", with: "#include \"marks.h\"\n#include \"hook.h\""),
        to: "share/bpf/small.bpf.c")
      let artifact = try await builder.pinnedObject(of: probe, abi: .arm64)
      let object = try ProbeObject.inspect(path: artifact.path)
      #expect(object.programs.filter(\.isLoaded).map(\.section) == ["raw_tp/sched_switch"])
      #expect(object.programs.map(\.section).contains("?tp_btf/sched_switch"))
      let plain = try await builder.object(of: probe, abi: .arm64)
      let programs = try ProbeObject.inspect(path: plain.path).programs
      #expect(programs.count == 2)
      #expect(programs.filter(\.isLoaded).count == 2)
    }
  }
}
