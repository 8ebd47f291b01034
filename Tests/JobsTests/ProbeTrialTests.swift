import Catalogs
import Experiments
import Testing

@testable import Jobs

struct ProbeTrialTests {
  @Test("a program without a manifest gives what its maps are called")
  func maps() throws {
    let probe = try ProbeTrial.probe(
      "mine", path: "a/mine.bpf.c", maps: ["lg_counters", "s_wait", "h_wait", "c_calls"])
    #expect(probe.metrics.map(\.name) == ["mine.wait", "mine.calls"])
    #expect(probe.metrics.map(\.kind) == [.histogram, .counter])
    #expect(probe.metrics.map(\.counters) == [0, 1])
    #expect(probe.objectPath == "a/mine.bpf.c")
    // Keys of any size are taken, without labels.
    #expect(probe.metrics[0].labels(ofKey: [1, 2, 3, 4, 5]) { _, _ in nil } == [:])
    #expect(throws: (any Error).self) { try ProbeTrial.probe("x", path: "x.bpf.c", maps: ["s_x"]) }
  }

  @Test("files of other kinds are refused")
  func kinds() {
    #expect(throws: JobError.noProbeFile(path: "mine.c")) { try ProbeTrial("mine.c") }
    #expect(throws: Never.self) { try ProbeTrial("mine.bpf.c") }
    #expect(throws: Never.self) { try ProbeTrial("mine.yaml") }
  }

  @Test("of a refusal the line that matters is left, without what other tiers say")
  func refusal() throws {
    let error = RunError.noProbe(
      device: "local",
      reasons: [
        "mine: T2: probe mine: the kernel's verifier rejected a program: Permission denied\n"
          + "; *at += 1; @ mine.bpf.c:12\n9: (79) r1 = *(u64 *)(r0 +0)\n"
          + "R0 invalid mem access 'map_value_or_null'\nT1: --tier T2 was given"
      ])
    let trial = try ProbeTrial("nowhere/mine.bpf.c")
    let report = ErrorReport(trial.explained(error, of: nil))
    #expect(report.status == .gateFailed)
    #expect(
      report.messages.map(\.what) == [
        "the kernel's verifier refuses it: R0 invalid mem access 'map_value_or_null'"
      ])
    #expect(report.messages.first?.place == "mine.bpf.c:12")
    #expect(
      report.messages.first?.details == ["*at += 1;", "instruction 9: (79) r1 = *(u64 *)(r0 +0)"])
    let other = RunError.noVerdict
    #expect(trial.explained(other, of: nil) as? RunError == other)
  }
}
