import Foundation
import KernelTypes
import Testing

@testable import KernelBTF
@testable import ProbeBuild

@Suite struct PreflightTests {
  private func preflight(
    _ fixture: Fixture, kernel: String = Fixture.kernel, probe: String = Fixture.probe,
    config: String? = nil, kallsyms: String? = nil, previous: String? = nil
  ) async throws -> PreflightResult {
    func read(_ source: String, _ name: String) async throws -> KernelFile {
      try await fixture.reader.read(try fixture.write(try fixture.btf(source), to: name))
    }
    let facts = KernelFacts(
      kernel: try await read(kernel, "k.btf"), config: config.map(KernelConfig.init(text:)),
      kallsyms: try kallsyms.map { try fixture.write($0.utf8, to: "kallsyms") })
    let probe = Preflight.Probe(
      name: "small", object: try fixture.object(probe), t0Events: ["sched_switch", "gone"])
    let against =
      if let previous { try await read(previous, "previous.btf") } else { KernelFile?.none }
    return try await Preflight(facts: facts, cache: fixture.cache).run(
      [probe], abi: .arm64, against: against)
  }

  private static let config = """
    CONFIG_BPF_SYSCALL=y
    CONFIG_PERF_EVENTS=y
    CONFIG_TRACEPOINTS=y
    CONFIG_BPF_EVENTS=y
    CONFIG_KPROBES=y
    CONFIG_KPROBE_EVENTS=y
    """

  @Test func takesTheRungThatFilesProve() async throws {
    try await withFixture { fixture in
      let bare = try await preflight(fixture)
      #expect(bare.outcome == .fits)
      let probe = try #require(bare.probes.first)
      #expect(probe.hooks.map(\.rung) == ["raw_tp", ""])
      #expect(probe.hooks[0].why == "tp_btf: unknown whether the kernel itself carries BTF")
      #expect(probe.hooks[1].outcome == .unknown)
      #expect(probe.hooks[1].isOptional)
      #expect(probe.spared == ["struct task_struct.__state"])
      #expect(probe.t0Present == ["sched_switch"])
      let found = try await preflight(
        fixture, config: Self.config + "\nCONFIG_DEBUG_INFO_BTF=y\n",
        kallsyms: "ffffffc010080000 T vfs_sync\n")
      #expect(found.probes.first?.hooks.map(\.rung) == ["tp_btf", "kprobe"])
    }
  }

  @Test func namesWhatIsMissing() async throws {
    try await withFixture { fixture in
      func first(kernel: String, probe: String = Fixture.probe) async throws
        -> PreflightResult.Probe
      {
        let result = try await preflight(fixture, kernel: kernel, probe: probe)
        return try #require(result.probes.first)
      }
      let noFlags = try await first(
        kernel: Fixture.kernel.replacing("unsigned int flags;", with: "")
          .replacing("who->flags", with: "0"))
      #expect(noFlags.outcome == .lost)
      #expect(
        noFlags.reasons == ["reads struct task_struct.flags, which this kernel does not have"])
      // The new name is asked for first, so the old one is not missed.
      let renamed = try await first(
        kernel: Fixture.kernel.replacing("volatile long state", with: "unsigned int __state"))
      #expect(renamed.outcome == .fits)
      #expect(renamed.spared == ["struct task_struct.state"])
      // Neither name: the way that would be taken needs the old one.
      let neither = try await first(
        kernel: Fixture.kernel.replacing("volatile long state", with: "long condition"))
      #expect(
        neither.reasons == ["reads struct task_struct.state, which this kernel does not have"])
      let pointer = try await first(
        kernel: Fixture.kernel.replacing("unsigned int flags;", with: "void *flags;")
          .replacing("who->flags", with: "0"))
      #expect(pointer.outcome == .lost, "a pointer cannot be read as an integer")
      let narrow = try await first(
        kernel: Fixture.kernel.replacing("volatile long state", with: "volatile int state"))
      #expect(
        narrow.reasons == [
          "reads struct task_struct.state, which has another width here: volatile int, 4 bytes"
        ])
      let gone = try await first(
        kernel: Fixture.kernel.replacing("sched_switch", with: "switching"))
      #expect(gone.outcome == .lost)
      #expect(
        gone.reasons == [
          "hook sched_switch: tp_btf: no tracepoint sched_switch in BTF; raw_tp: no tracepoint "
            + "sched_switch"
        ])
      // A hook without a tp_btf rung may be a module's, which a vmlinux does not cover.
      let module = try await first(
        kernel: Fixture.kernel.replacing("sched_switch", with: "switching"),
        probe: Fixture.probe.replacing("switch__raw_tp(", with: "switch__raw_tp_2(")
          .replacing("tp_btf", with: "raw_tp"))
      #expect(module.outcome == .unknown)
    }
  }

  @Test func heedsTheConfiguration() async throws {
    try await withFixture { fixture in
      let result = try await preflight(
        fixture,
        config: Self.config.replacing(
          "CONFIG_BPF_EVENTS=y", with: "# CONFIG_BPF_EVENTS is not set"))
      #expect(result.outcome == .lost)
      #expect(
        result.probes.first?.reasons == ["the kernel is built without CONFIG_BPF_EVENTS"])
    }
  }

  /// What a file does not name is off in a whole configuration alone.
  @Test func aPartOfAConfigurationTellsNothingOfTheRest() async throws {
    try await withFixture { fixture in
      let part = "CONFIG_BOOL=y\n# CONFIG_IS_NOT_SET is not set\nCONFIG_STR=\"abracad\"\n"
      let result = try await preflight(fixture, config: part)
      #expect(result.outcome == .unknown)
      #expect(
        result.probes.first?.reasons == [
          "the configuration names only some options, not CONFIG_BPF_SYSCALL, CONFIG_PERF_EVENTS, "
            + "CONFIG_TRACEPOINTS, CONFIG_BPF_EVENTS: give the whole .config of the build, or "
            + "/proc/config.gz of a device that runs it"
        ])
      let hidden = (0..<12).map { "CONFIG_HAVE_\($0)=y\n" }.joined()
      #expect(try await preflight(fixture, config: part + hidden).outcome == .lost)
      // Cut off inside a line: what follows is not known.
      let cut = try await preflight(fixture, config: part + hidden + "CONFIG_BPF_SY")
      #expect(cut.outcome == .unknown)
      #expect(try await preflight(fixture, config: Self.config).outcome == .fits)
      let windows = (part + hidden + Self.config + "\n").replacing("\n", with: "\r\n")
      #expect(try await preflight(fixture, config: windows).outcome == .fits)
    }
  }

  /// As shells of devices hand them over.
  @Test func readsSymbolsWithNoiseAroundThem() async throws {
    try await withFixture { fixture in
      let line = "ffffffc010080000 T vfs_sync\n"
      let noise = "WARNING: linker: Warning: unused DT entry\n"
      let lists = [
        line, line.replacing("\n", with: "\r\n"), noise + line + line,
        "          (null) T vfs_sync\n", "0000000000000000 t vfs_sync\n",
      ]
      for list in lists {
        let path = try KernelFacts.checkedKallsyms(try fixture.write(list.utf8, to: "symbols"))
        let result = try await preflight(
          fixture, config: Self.config,
          kallsyms: String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self))
        #expect(result.probes.first?.hooks.last?.rung == "kprobe", "\(list)")
      }
      let text = try fixture.write("no symbols\nat all\n".utf8, to: "text")
      #expect(throws: KernelBTFError.self) { try KernelFacts.checkedKallsyms(text) }
      let packed = try fixture.write(line.utf8, to: "packed")
      try fixture.run("gzip", [packed])
      #expect(throws: KernelBTFError.self) { try KernelFacts.checkedKallsyms(packed + ".gz") }
    }
  }

  /// A list without any module's symbols may have been taken before modules were loaded.
  @Test func symbolsOfTheKernelAloneDoNotTellOfModules() async throws {
    try await withFixture { fixture in
      let source = Fixture.probe.replacing("vfs_sync", with: "ext4_sync")
        .replacing("opt_ext4", with: "ext4")
      let alone = try await preflight(
        fixture, probe: source, config: Self.config, kallsyms: "ffffffc010080000 T _text\n")
      #expect(alone.outcome == .unknown)
      #expect(
        alone.probes.first?.hooks.last?.why
          == "kprobe: no function ext4_sync, and kallsyms names no module's symbols")
      let modules = try await preflight(
        fixture, probe: source, config: Self.config,
        kallsyms: "ffffffc010080000 T _text\nffffffc010090000 t other\t[f2fs]\n")
      #expect(modules.outcome == .lost)
    }
  }

  /// Fields are read as the kernel has them, or the reason is named: also by helper, where libbpf
  /// looks at nothing.
  @Test func judgesReadsByHelper() async throws {
    try await withFixture { fixture in
      func reasons(_ field: String, read: String) async throws -> [String] {
        let probe = """
          #define SEC(name) __attribute__((section(name), used))
          #define info(field, kind) __builtin_preserve_field_info(field, kind)
          struct task_struct { unsigned int flags; }
            __attribute__((preserve_access_index));
          static long (*probe_read)(void *, unsigned int, const void *) = (void *)113;
          SEC("raw_tp/sched_switch") int sched_switch__raw_tp(unsigned long *ctx) {
            struct task_struct *task = (void *)ctx[1];
            unsigned long value = 0;
            \(read)
            return value == 0;
          }
          char LICENSE[] SEC("license") = "GPL";

          """
        let kernel = Fixture.kernel.replacing("unsigned int flags;", with: field)
          .replacing("who->flags", with: "0")
        return try await preflight(fixture, kernel: kernel, probe: probe).probes.first?.reasons
          ?? []
      }
      let fixed = "probe_read(&value, 4, __builtin_preserve_access_index(&task->flags));"
      let sized =
        "probe_read(&value, info(task->flags, 1), __builtin_preserve_access_index(&task->flags));"
      let shifted = sized + "value <<= info(task->flags, 4); value >>= info(task->flags, 5);"
      let bits = "unsigned int low : 3, flags : 5;"
      let cases = [
        ("unsigned int flags;", fixed, []), ("unsigned char flags;", sized, []),
        (bits, shifted, []),
        (
          "unsigned char flags;", fixed,
          ["reads struct task_struct.flags, which has another width here: unsigned char, 1 bytes"]
        ),
        (
          bits, sized,
          ["reads struct task_struct.flags, which is a bit-field here: unsigned int, 5 bits"]
        ),
      ]
      for (field, read, words) in cases {
        let reasons = try await reasons(field, read: read)
        #expect(reasons == words, "\(field) \(read)")
      }
    }
  }

  @Test func listsWhatChanged() async throws {
    try await withFixture { fixture in
      let changed = Fixture.kernel
        .replacing("volatile long state", with: "int added; unsigned int __state")
        .replacing("(void *, struct task_struct *,", with: "(void *, _Bool, struct task_struct *,")
        .replacing(
          "int vfs_sync(struct task_struct *who)",
          with: "int vfs_sync(struct task_struct *who, int how)"
        )
        .replacing("vfs_sync(&task)", with: "vfs_sync(&task, 0)")
      let result = try await preflight(fixture, kernel: changed, previous: Fixture.kernel)
      let comparison = try #require(result.comparison)
      let lines = comparison.changes.map { change in
        "\(change.kind) \(change.subject): \(change.before ?? "-") -> \(change.after ?? "-")"
          + (change.hint.map { " (\($0))" } ?? "")
      }
      #expect(
        lines == [
          "tracepoint sched_switch: (struct task_struct *, struct task_struct *) -> "
            + "(_Bool, struct task_struct *, struct task_struct *)",
          "function vfs_sync: int (struct task_struct *) -> int (struct task_struct *, int)",
          "field struct task_struct.__state: - -> unsigned int at 4",
          "field struct task_struct.state: volatile long at 0 -> - (perhaps now __state)",
        ])
      let same = try await preflight(fixture, previous: Fixture.kernel)
      #expect(same.comparison?.changes == [])
    }
  }

  /// What the reader accepts, the ladder's library and bpftool must survive.
  @Test func survivesDamage() async throws {
    try await withFixture { fixture in
      let bytes = try fixture.btf()
      let object = try fixture.object()
      let programs = try ProbeObject.inspect(path: object.path).programs
      let core = try CoreObject([UInt8](Data(contentsOf: URL(fileURLWithPath: object.path))))
      var accepted = 0
      for round in 0..<3000 {
        var damaged = bytes
        for change in 0...(round % 3) {
          damaged[(round * 7919 + change * 104_729) % bytes.count] = UInt8(
            truncatingIfNeeded: round &* 31 &+ change &* 97)
        }
        guard let types = try? BTFTypes(damaged) else { continue }
        accepted += 1
        _ = try core.answers(from: types)
        let kernel = KernelFile(path: "damaged", origin: .btf, types: types, buildID: nil)
        do {
          _ = try await KernelFacts(kernel: kernel).choices(for: [programs], cache: fixture.cache)
        } catch is KernelBTFError {
          // libbpf may still refuse it.
        }
      }
      #expect(accepted > 0)
    }
  }

  @Test func cutsWhatProbesRead() async throws {
    try await withFixture { fixture in
      let whole = try await fixture.reader.read(
        try fixture.write(try fixture.btf(), to: "k.btf"),
        buildID: String(repeating: "1", count: 40))
      let object = try fixture.object()
      let cutter = BTFCutter(cache: fixture.cache)
      let cut = try await cutter.cut(whole, for: [object])
      let types = try BTFTypes([UInt8](Data(contentsOf: URL(fileURLWithPath: cut.path))))
      #expect(cut.size < whole.types.bytes.count)
      #expect(types.arguments(of: "sched_switch") == 2, "signatures that the agent asks for")
      #expect(types.arguments(of: "block_issue") == nil, "of no interest to this probe")
      let core = try CoreObject([UInt8](Data(contentsOf: URL(fileURLWithPath: object.path))))
      let (before, after) = (
        try core.answers(from: whole.types), try core.answers(from: types)
      )
      #expect(before.flatMap(\.all) == after.flatMap(\.all), "the cut answers as the whole")
      #expect(try await cutter.cut(whole, for: [object]) == cut, "kept")
    }
  }
}
