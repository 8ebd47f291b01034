import RunRecords
import Testing

struct StackNamesTests {
  private let names = StackNames(
    SymbolsRecord(
      kernel: ["ff10": "do_idle+0x10", "ff20": "sync [odd]+0x2 [ext4]"],
      files: [
        .init(buildID: "00ff11223344", path: "/usr/lib/libc.so.6", symbols: ["1f0": "read+0x5"]),
        .init(buildID: "aabbccddeeff"),
      ]))

  private let stack = StacksRecord.Stack(
    count: 2, sum: 70, kernel: ["ff20", "ff10", "ff99"],
    user: [
      .init(buildID: "00ff11223344", address: "1f0"),
      .init(buildID: "00ff11223344", address: "2f0"),
      .init(buildID: "aabbccddeeff", address: "3f0"), .init(address: "7f00"),
      .init(address: "7f80"),
    ])

  @Test func framesRunFromTheOutermostToTheInnermost() {
    let frames = names.frames(of: stack, labels: ["class": "user", "comm": "sh"])
    #expect(
      frames.map(\.name) == [
        "sh, user", "[unknown]", "[aabbccdd]", "[libc.so.6]", "read", "[unknown]", "do_idle",
        "sync [odd]",
      ])
    #expect(
      frames.map(\.side) == [
        .label, .user, .user, .user, .user, .kernel, .kernel, .kernel,
      ])
  }

  @Test func whatHasNoNameKeepsItsAddress() {
    #expect(stack.kernel.map(names.text) == ["sync [odd]+0x2 [ext4]", "do_idle+0x10", "0xff99"])
    #expect(
      stack.user.map(names.text) == [
        "read+0x5", "libc.so.6+0x2f0", "aabbccddeeff+0x3f0", "0x7f00", "0x7f80",
      ])
    #expect(StackNames(nil).text("ff10") == "0xff10")
  }

  /// A stack that is taken at a tracepoint begins with the program that takes it.
  @Test func theProbeIsNoPartOfAStack() {
    let names = StackNames(
      SymbolsRecord(kernel: [
        "1": "bpf_prog_3ea6_sched_switch__tp_btf+0x498 [bpf]", "2": "bpf_trace_run4+0x10d",
        "3": "__traceiter_sched_switch+0x3", "4": "__schedule+0x6",
        "5": "bpf_prog_1_other+0x1 [bpf]",
      ]))
    let taken = StacksRecord.Stack(count: 1, sum: 1, kernel: ["1", "2", "3", "4", "5"], user: [])
    #expect(Array(names.kernel(of: taken)) == ["4", "5"])
    #expect(names.frames(of: taken, labels: [:]).map(\.name) == ["bpf_prog_1_other", "__schedule"])
  }

  @Test func stacksOfTheSameFunctionsAreOne() throws {
    var record = sampleRecord()
    record.symbols = SymbolsRecord(kernel: ["a1": "work+0x1", "a2": "work+0x2", "b": "idle+0x0"])
    record.iterations[0].phases[0].stacks = [
      StacksRecord(
        metric: "profile.cpu", unit: "ns",
        stacks: [
          .init(count: 1, sum: 10, kernel: ["a1", "b"], user: []),
          .init(count: 2, sum: 20, kernel: ["a2", "b"], user: []),
          .init(count: 4, sum: 40, kernel: ["b"], user: []),
        ], dropped: 3)
    ]
    let folded = try #require(FoldedStacks.all(of: record).first)
    #expect(folded.metric == "profile.cpu" && folded.phase == "write" && folded.dropped == 3)
    #expect(folded.total == 70 && folded.durationNs == 1_000_000_000)
    #expect(folded.lines() == "idle_[k] 40\nidle_[k];work_[k] 30\n")
    let read = try RunRecord.decode(record.encoded(), file: "run.json")
    #expect(read.symbols == record.symbols)
  }
}
