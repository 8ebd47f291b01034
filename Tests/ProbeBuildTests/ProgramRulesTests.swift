import Foundation
import Testing

@testable import ProbeBuild

@Suite struct ProgramRulesTests {
  private static let head = """
    #define SEC(name) __attribute__((section(name), used))
    char LICENSE[] SEC("license") = "GPL";

    """

  /// Why an object of this source is refused; nil when it is built.
  private func objection(_ source: String) async throws -> String? {
    try await withFixture { fixture in
      try fixture.write(Self.head + source, to: "share/bpf/part.bpf.c")
      let probe = fixture.probe("part")
      do {
        _ = try await fixture.builder().object(of: probe, abi: .arm64)
        return nil
      } catch let error as ProbeBuildError {
        return error.description
      }
    }
  }

  @Test(arguments: [
    ("bpf_override_return", 58), ("bpf_probe_write_user", 36), ("bpf_send_signal", 109),
    ("bpf_trace_printk", 6), ("helper 4000", 4000),
  ])
  func refusesHelpersThatInterfere(name: String, number: Int) async throws {
    let source = """
      static long (*call)(void *, long) = (void *)\(number);
      SEC("kprobe/do_exit") int innocent(void *ctx) { return ctx != 0; }
      SEC("kprobe/vfs_read") int offender(void *ctx) { return call(ctx, 9); }
      """
    let said = try #require(try await objection(source))
    #expect(said.contains("program 'offender': it calls \(name)"), "\(said)")
  }

  @Test func findsThemInFunctionsBesideThePrograms() async throws {
    let source = """
      static long (*call)(long) = (void *)109;
      __attribute__((noinline)) int hidden(long sig) { return call(sig); }
      SEC("raw_tp/sched_switch") int program(void *ctx) { return hidden(ctx != 0); }
      """
    let said = try #require(try await objection(source))
    #expect(said.contains("program 'hidden': it calls bpf_send_signal"), "\(said)")
  }

  @Test func refusesFunctionsOfTheKernel() async throws {
    let source = """
      extern void bpf_rcu_read_lock(void) __attribute__((section(".ksyms")));
      SEC("tp_btf/sched_switch") int program(void *ctx) { bpf_rcu_read_lock(); return ctx != 0; }
      """
    let said = try #require(try await objection(source))
    #expect(said.contains("bpf_rcu_read_lock"), "\(said)")
  }

  @Test(arguments: ["xdp", "socket", "cgroup_skb/ingress", "struct_ops/x", "lsm/file_open"])
  func refusesProgramsThatAreNoObservers(section: String) async throws {
    let source = "SEC(\"\(section)\") int program(void *ctx) { return ctx != 0; }"
    let said = try #require(try await objection(source))
    #expect(said.contains("program 'program', section '\(section)'"), "\(said)")
  }

  @Test func acceptsObservers() async throws {
    let source = """
      static unsigned long long (*now)(void) = (void *)5;
      __attribute__((noinline)) int inner(long a) { return (long)now() > a; }
      SEC("raw_tp/sched_switch") int program(void *ctx) {
        return inner(0x123456789abcdefLL + (ctx != 0));
      }
      """
    #expect(try await objection(source) == nil)
  }

  @Test func aConstantIsNoCall() {
    // lddw r1, 0x85…: its second half looks like a call of helper 109.
    let code: [UInt8] =
      [0x18, 1, 0, 0, 0, 0, 0, 0, 0x85, 0, 0, 0, 109, 0, 0, 0] + [0x85, 0, 0, 0, 5, 0, 0, 0]
    let calls = ProgramRules.calls(in: code[...])
    #expect(calls.map(\.offset) == [16])
    #expect(calls.map(\.call) == [.helper(5)])
  }

  @Test func namesAreThoseOfTheKernelsHeader() {
    #expect(HelperNames.name(1) == "bpf_map_lookup_elem")
    #expect(HelperNames.name(58) == "bpf_override_return")
    #expect(HelperNames.number("send_signal") == 109)
    #expect(HelperNames.name(0) == "helper 0")
  }
}
