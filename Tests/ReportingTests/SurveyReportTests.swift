import Foundation
import RunRecords
import Testing

@testable import Reporting

struct SurveyReportTests {
  private let survey = SurveyReport(
    device: "rack-3", model: "Board 4", fingerprint: "vendor/board/4", kernelRelease: "6.1.0",
    tiers: [
      .init(
        tier: .t2, works: false, reason: "the kernel takes no BPF tracing program",
        remedy: "use a root shell ('adb root' on a userdebug or eng build)"),
      .init(tier: .t1, works: true),
      .init(tier: .t0, works: true),
      .init(tier: .t0, tool: "perfetto", works: false, reason: "the device has no perfetto"),
    ],
    probes: [
      ProbeRecord(
        name: "block", status: .loaded, tier: .t1,
        hooks: [
          HookRecord(hook: "block_rq_issue", rung: "tp_btf", program: "issue", why: ""),
          HookRecord(hook: "block_rq_complete", rung: "tp_btf", program: "complete", why: ""),
          HookRecord(hook: "block_rq_merge", rung: "", program: "", why: "no such tracepoint"),
        ], reason: "T2: the kernel takes no BPF tracing program"),
      ProbeRecord(
        name: "runqueue", status: .loaded, tier: .t0,
        hooks: [HookRecord(hook: "sched_switch", rung: "ftrace", program: "", why: "")]),
      ProbeRecord(
        name: "syscall", status: .unsupported,
        reason: "T2: the kernel takes no BPF tracing program\nT1: not baked in\nT0: no events"),
    ])

  @Test func text() throws {
    let text = survey.text(width: 80, style: .plain)
    try expectSnapshot(text, "survey-80.txt")
    #expect(longestLine(text) <= 80)
    #expect(withoutColour(survey.text(width: 80, style: .colour)) == text)
  }

  @Test func json() throws {
    try expectSnapshot(String(decoding: try survey.json(), as: UTF8.self), "survey.json")
  }
}
