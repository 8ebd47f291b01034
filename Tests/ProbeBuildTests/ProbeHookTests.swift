import Catalogs
import Foundation
import Testing

@testable import ProbeBuild

/// What a program's text says of the places it attaches to.
@Suite struct ProbeHookTests {
  @Test func hooksStandInTheText() {
    let text = """
      } s_tasks SEC(".maps");
      LG_TRACEPOINT(sched_wakeup, wakeup(task, direct), struct task_struct *task)
      LG_OPT_TRACEPOINT(block_rq_merge, on_merge(ctx))
      SEC("kprobe/do_fault")
      int BPF_KPROBE(opt_do_fault__kprobe, struct vm_fault *fault)
      SEC("kretprobe/do_fault")
      int BPF_KRETPROBE(do_fault_return__kprobe, int result)
      SEC("tracepoint/binder/binder_transaction")
      int binder_transaction__tracepoint(struct trace_event_raw_binder_transaction *ctx)
      SEC("?kprobe/sched_wakeup")
      int BPF_KPROBE(sched_wakeup__kprobe)
      SEC("perf_event")
      int clock__perf_event(void *ctx)
      """
    #expect(
      ProbeHook.hooks(inSource: text) == [
        ProbeHook(name: "sched_wakeup", rungs: ["tp_btf", "raw_tp", "kprobe"], isOptional: false),
        ProbeHook(name: "block_rq_merge", rungs: ["tp_btf", "raw_tp"], isOptional: true),
        ProbeHook(name: "do_fault", rungs: ["kprobe"], isOptional: true),
        ProbeHook(name: "do_fault_return", rungs: ["kprobe"], isOptional: false),
        ProbeHook(name: "binder_transaction", rungs: ["tracepoint"], isOptional: false),
        ProbeHook(name: "clock", rungs: ["perf_event"], isOptional: false),
      ])
  }

  @Test func everyProgramOfTheRepositoryHasSome() throws {
    let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../bpf").standardized.path
    let sources = try FileManager.default.contentsOfDirectory(atPath: directory)
      .filter { $0.hasSuffix(ProbeSource.suffix) }
    #expect(sources.count >= 5)
    for name in sources {
      let text = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
      #expect(!ProbeHook.hooks(inSource: text).isEmpty, "\(name)")
    }
  }
}
