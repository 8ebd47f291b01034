import Catalogs
import Foundation
import KernelEvents
import KernelTypes
import ProbePrograms
import Testing

@testable import ProbeBuild

/// Prepared programs: a stand-in for span_programs.h has their names and the configuration, as the
/// kernel's own headers are not needed to write into an object.
struct PreparedProgramsTests {
  private static let header = """
    #define SEC(name) __attribute__((section(name), used))
    #define BAR10 "__________"
    #define ROOM(name, gap) "none/" name BAR10 BAR10 BAR10 BAR10 BAR10 BAR10 gap
    struct { int (*type)[2]; int (*max_entries)[1]; int *key; long *value; } h_span SEC(".maps");
    const volatile unsigned char lg_template[5640] SEC(".rodata.x");
    SEC("tracepoint/" ROOM("lg_start_", "__________"))
    int lg_hook_of_start___________________________________________tracepoint(void *ctx)
    { return lg_template[(long)ctx & 7]; }
    SEC("tracepoint/" ROOM("lg_end_", "____________"))
    int lg_hook_of_end_____________________________________________tracepoint(void *ctx)
    { return ctx == 0; }
    char LICENSE[] SEC("license") = "GPL";
    """

  private static let manifest = """
    probe: x
    title: T
    question: Q?
    cost: low
    privacy: none
    metrics:
      - metric: x.time
        help: h
        unit: ns
        spans:
          - from: {event: sched/sched_wakeup, fields: [pid, comm], where: {comm: "== 'ab'"}}
            to:
              event: sched/sched_switch
              fields: {pid: record.next_pid, prio: record.next_prio}
              where: {prio: "> -2"}
        by: [pid]
        unmatched: ignored
        key: [{field: prio, size: 4, kind: signed}, {field: comm, size: 16, kind: text}]
    """

  private static func format(_ fields: String) throws -> EventFormat {
    try #require(EventFormat("name: x\n" + fields))
  }

  private func configured(comm: String = "comm[16]") throws -> (SpanTemplate, [String: EventFormat])
  {
    let probe = try ProbeManifest.parse(Self.manifest, file: "x.yaml")
    let wakeup = try Self.format(
      "\tfield:char \(comm);\toffset:8;\tsize:16;\tsigned:0;\n"
        + "\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n")
    let change = try Self.format(
      "\tfield:pid_t next_pid;\toffset:56;\tsize:4;\tsigned:1;\n"
        + "\tfield:int next_prio;\toffset:60;\tsize:4;\tsigned:1;\n")
    return (
      try #require(SpanTemplate(probe)),
      ["sched/sched_wakeup": wakeup, "sched/sched_switch": change]
    )
  }

  private func object(_ fixture: Fixture) async throws -> [UInt8] {
    try fixture.write(Self.header, to: "share/bpf/include/span_programs.h")
    let probe = ProbeSource(try ProbeManifest.parse(Self.manifest, file: "x.yaml")).prepared
    let artifact = try await fixture.builder().object(of: probe, abi: .arm64)
    // One object serves every question.
    #expect(artifact.path.contains("/span-arm64-"))
    return Array(try Data(contentsOf: URL(fileURLWithPath: artifact.path)))
  }

  @Test("names and places of a kernel are written into the object")
  func configures() async throws {
    try await withFixture { fixture in
      let (template, formats) = try configured()
      let bytes = try template.configured(
        try await object(fixture), formats: formats, registers: .arm64)
      let programs = try ProbeObject.inspect(bytes, name: "x").programs
      #expect(programs.map(\.name) == ["sched_wakeup__tracepoint", "sched_switch__tracepoint"])
      #expect(
        programs.map(\.section)
          == ["tracepoint/sched/sched_wakeup", "tracepoint/sched/sched_switch"])
      let elf = try ELFReader(bytes)
      let symbol = try #require(try elf.symbols().first { $0.name == "lg_template" })
      let data = elf.contents(of: elf.sections[symbol.section])
      func words(_ at: Int, _ count: Int) -> [UInt32] {
        (0..<count).map { index in
          data[at + 4 * index..<at + 4 * index + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
      }
      // struct lg_side: 4 ties and 6 labels of 12 bytes, 8 tests of 40, then locations.
      let side = 2816
      #expect(words(0, 6) == [2, 24, 4, 0, 0, 0])
      // The end gives the first word, the start the text behind it.
      #expect(words(48, 6) == [0, 0, 0, 3, 8, 16])
      // 'ab' and its NUL: two bytes, then one.
      #expect(words(120, 4) == [1, 8, 2, 1])
      #expect(words(120 + 32, 2) == [0x6261, 0])
      #expect(words(160, 4) == [1, 10, 1, 1])
      #expect(words(200, 5)[3] == 0)
      #expect(words(440, 3) == [0, 0, .max])
      #expect(words(side, 3) == [2, 56, 4])
      #expect(words(side + 48, 3) == [2, 60, 4])
      #expect(words(side + 120, 4) == [2, 60, 4, 5])
      #expect(words(side + 120 + 32, 2) == [0xffff_fffe, 0xffff_ffff])
      // No class is asked for, and ends without a start are none.
      #expect(words(2 * side, 2) == [0, 1])
    }
  }

  private static let eventHeader = """
    #define SEC(name) __attribute__((section(name), used))
    #define BAR10 "__________"
    struct { int (*type)[2]; int (*max_entries)[1]; int *key; long *value; } e_event SEC(".maps");
    const volatile unsigned char lg_template[2984] SEC(".rodata.x");
    SEC("tracepoint/none/lg_start_" BAR10 BAR10 BAR10 BAR10 BAR10 BAR10 BAR10)
    int lg_hook_of_start___________________________________________tracepoint(void *ctx)
    { return lg_template[(long)ctx & 7]; }
    char LICENSE[] SEC("license") = "GPL";
    """

  /// Rows of an event or function, configured.
  private func rows(
    _ fixture: Fixture, at: String, columns: String, formats: [String: EventFormat] = [:]
  ) async throws -> (program: String, section: String, words: (Int, Int) -> [UInt32]) {
    try fixture.write(Self.eventHeader, to: "share/bpf/include/event_programs.h")
    let manifest = try ProbeManifest.parse(
      """
      probe: x
      title: T
      question: Q?
      cost: low
      privacy: none
      metrics:
        - metric: x.rows
          help: h
          unit: calls
          kind: events
          at: [\(at)]
          by: [tid]
          columns: [\(columns)]
      """, file: "x.yaml")
    let template = try #require(SpanTemplate(manifest))
    let artifact = try await fixture.builder().object(
      of: ProbeSource(manifest).prepared, abi: .arm64)
    #expect(artifact.path.contains("/event-rows-arm64-"))
    let bytes = try template.configured(
      Array(try Data(contentsOf: URL(fileURLWithPath: artifact.path))), formats: formats,
      registers: .arm64)
    let program = try #require(try ProbeObject.inspect(bytes, name: "x").programs.first)
    let elf = try ELFReader(bytes)
    let symbol = try #require(try elf.symbols().first { $0.name == "lg_template" })
    let data = Array(elf.contents(of: elf.sections[symbol.section]))
    return (
      program.name, program.section,
      { at, count in
        (0..<count).map { index in
          data[at + 4 * index..<at + 4 * index + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
      }
    )
  }

  @Test("rows of a trace event: where its text, its numbers and what runs are")
  func eventRows() async throws {
    try await withFixture { fixture in
      let format = try Self.format(
        "\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;\n"
          + "\tfield:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;\n")
      let made = try await rows(
        fixture,
        at: "{event: sched/sched_process_exec, fields: [filename, old_pid], "
          + "where: {old_pid: '> 1'}}",
        columns: "{name: time}, {name: comm}, {name: filename, kind: text}, "
          + "{name: old_pid}, {name: class}",
        formats: ["sched/sched_process_exec": format])
      #expect(made.program == "sched_process_exec__tracepoint")
      #expect(made.section == "tracepoint/sched/sched_process_exec")
      // struct lg_side, the value, then 12 columns.
      #expect(made.words(120, 4) == [2, 16, 4, 5])
      #expect(made.words(2816, 3) == [0, 0, 0])
      #expect(made.words(2828, 12) == [10, 0, 16, 7, 8, 32, 2, 16, 4, 6, 0, 0])
      #expect(made.words(2828 + 48, 3) == [0, 0, 0])
      // Whose thread it was matters, and no stack is taken.
      #expect(made.words(2972, 3) == [1, 0, 0])
    }
  }

  @Test("rows of a function at its return, by the registers of the device")
  func functionRows() async throws {
    try await withFixture { fixture in
      let made = try await rows(
        fixture, at: "{function: vfs_read, at: return, fields: {ret: ret}}",
        columns: "{name: ret, kind: signed}, {name: cpu}")
      #expect(made.program == "vfs_read_return__kprobe")
      #expect(made.section == "kretprobe/vfs_read")
      #expect(made.words(2828, 6) == [2, 0, 4, 5, 0, 4])
      #expect(made.words(2828 + 24, 3) == [0, 0, 0])
    }
  }

  @Test("a kernel without a field, and one with another type, are named")
  func misfits() async throws {
    try await withFixture { fixture in
      let object = try await object(fixture)
      let (template, formats) = try configured()
      let noEvent = formats.filter { $0.key == "sched/sched_wakeup" }
      #expect(
        throws: SpanTemplate.MisfitError(description: "the kernel has no event sched/sched_switch")
      ) {
        try template.configured(object, formats: noEvent, registers: .arm64)
      }
      let (other, renamed) = try configured(comm: "name[16]")
      #expect(
        throws: SpanTemplate.MisfitError(description: "event sched_wakeup has no field 'comm'")
      ) {
        try other.configured(object, formats: renamed, registers: .arm64)
      }
      #expect(throws: MalformedError.self) {
        try template.configured([1, 2, 3], formats: formats, registers: .arm64)
      }
    }
  }

  @Test("what is found as it is loaded cannot be pinned by a firmware")
  func pinned() async throws {
    try await withFixture { fixture in
      try fixture.write(Self.header, to: "share/bpf/include/span_programs.h")
      let probe = ProbeSource(try ProbeManifest.parse(Self.manifest, file: "x.yaml"))
      let error = await #expect(throws: ProbeBuildError.self) {
        try await fixture.builder().pinnedObject(of: probe, abi: .arm64)
      }
      #expect(error?.description.contains("it cannot be pinned or kept") == true)
    }
  }
}
