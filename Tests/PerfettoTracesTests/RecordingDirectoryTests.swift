import Testing

@testable import PerfettoTraces

/// Traces recorded around windows that are known beforehand.
@Suite struct RecordingDirectoryTests {
  /// Packet { timestamp, service_event { event: true } }
  private static func service(_ event: UInt64, at ns: UInt64) -> [UInt8] {
    Wire.field(1, Wire.field(8, ns) + Wire.field(69, Wire.field(event, 1)))
  }

  /// The fixture's events as a recording of all data sources from before the first to after the
  /// last one.
  private static func recording(_ more: [UInt8] = []) throws -> (
    data: [UInt8], first: UInt64, last: UInt64
  ) {
    let events = try TraceFolderTests.fixture("events")
    let whole = try TraceFolder().fold(events)
    let last = whole.window.close
    return (
      service(1, at: whole.firstNs - 1) + events + more + service(5, at: last + 1), whole.firstNs,
      last
    )
  }

  private static func directory(
    _ windows: [RecordingDirectory.Window], metrics: Set<String>? = nil, agent: UInt32 = 1
  ) throws -> RecordingDirectory {
    RecordingDirectory(
      windows: windows, metrics: try metrics ?? Set(all().names),
      declarations: TraceFolderTests.declarations, agent: agent)
  }

  private static func all() throws -> FoldMetrics {
    try FoldMetrics(declarations: TraceFolderTests.declarations)
  }

  @Test func windowsFoldAsAPartOfTheTrace() throws {
    let (data, first, last) = try Self.recording()
    let window = RecordingDirectory.Window(
      arm: first, opened: first + 10_000_000, closed: first + 20_000_000, until: last)
    let whole = RecordingDirectory.Window(arm: first, opened: first, closed: last, until: last)
    let folded = try Self.directory([window, whole]).fold(data)
    #expect(folded.faults == [])
    let declarations = TraceFolderTests.declarations
    let part = try TraceFolder(
      window: .seconds(from: 0.01, to: 0.02), declarations: declarations
    )
    .fold(TraceFolderTests.fixture("events"))
    let all = try TraceFolder(declarations: declarations).fold(TraceFolderTests.fixture("events"))
    for (made, expected) in zip(folded.windows, [part, all]) {
      for metric in expected.metrics {
        let found = try #require(made.metrics.first { $0.name == metric.name })
        #expect(
          found.labels.reduce(0) { $0 + $1.count }
            == metric.labels.reduce(0) { $0 + $1.count }, "\(metric.name)")
      }
      // What the trace has no event of is 0, not missing: the recording asked for it.
      #expect(try made.metrics.count == Self.all().names.count)
    }
  }

  @Test func aRecordingThatDoesNotCoverTheWindowsDoesNotCount() throws {
    let events = try TraceFolderTests.fixture("events")
    let (data, first, last) = try Self.recording()
    let window = RecordingDirectory.Window(arm: first, opened: first, closed: last, until: last)
    #expect(
      try Self.directory([window]).fold(events).faults == [
        "recording began after the first window", "recording ended before the last window",
      ])
    var late = window
    late.closed = last + 1_000_000
    late.until = last + 2_000_000
    #expect(
      try Self.directory([late]).fold(data).faults == ["recording ended before the last window"])
    var early = window
    early.arm = first - 1_000_000
    #expect(
      try Self.directory([early]).fold(data).faults == ["recording began after the first window"])
  }

  @Test func lossesAndForeignClocksDoNotCount() throws {
    // ftrace_events { cpu: 1, lost_events: true }, and one whose events have clock 2.
    let lost = Wire.field(1, Wire.field(1, Wire.field(1, 1) + Wire.field(3, 1)))
    let clock = Wire.field(1, Wire.field(1, Wire.field(1, 1) + Wire.field(5, 2)))
    // trace_stats { buffer_stats { chunks_discarded: 4 } }
    let full = Wire.field(1, Wire.field(35, Wire.field(1, Wire.field(18, 4))))
    for (bytes, faults) in [
      (lost, ["the kernel's buffer overran (CPU 1)"]),
      (
        clock,
        [
          "its events have several clocks",
          "its events have another clock than CLOCK_BOOTTIME",
        ]
      ),
      (full, ["perfetto's own buffer lost data"]),
    ] {
      let (data, first, last) = try Self.recording(bytes)
      let window = RecordingDirectory.Window(arm: first, opened: first, closed: last, until: last)
      #expect(try Self.directory([window]).fold(data).faults == faults)
    }
  }

  @Test func aCutTraceIsAnError() throws {
    let (data, first, last) = try Self.recording()
    let window = RecordingDirectory.Window(arm: first, opened: first, closed: last, until: last)
    #expect(throws: PerfettoTraceError.self) {
      try Self.directory([window]).fold(Array(data.dropLast(3)))
    }
  }

  @Test func whatTheKernelLacksIsReported() throws {
    // ftrace_stats { phase: START, unknown: "a/b", failed: "c/d" }
    let stats = Wire.field(
      1,
      Wire.field(
        34, Wire.field(1, 1) + Wire.field(6, Array("a/b".utf8)) + Wire.field(7, Array("c/d".utf8))))
    let (facts, hasEvents) = try RecordingDirectory.facts(of: stats)
    #expect(facts.unknownEvents == ["a/b"])
    #expect(facts.refusedEvents == ["c/d"])
    #expect(!hasEvents)
  }

  @Test func theServiceSaysWhoRecords() throws {
    let version = Wire.field(5, Array("Perfetto v1".utf8))
    #expect(try ServiceState(version + Wire.field(3, 2) + Wire.field(4, 1)).recording == 1)
    #expect(try ServiceState(version).recording == 0)
    #expect(throws: PerfettoTraceError.self) { try ServiceState(Array(version.dropLast())) }
  }

  @Test func eventsAreThoseOfTheMetrics() throws {
    let all = try Self.all()
    let events = all.events(of: ["reclaim.direct"])
    #expect(events.contains("vmscan/mm_vmscan_direct_reclaim_begin"))
    #expect(events.contains("task/task_newtask"))
    #expect(!events.contains("block/block_rq_issue"))
    let begin: Set<String> = ["vmscan/mm_vmscan_direct_reclaim_begin"]
    #expect(all.impossible(["reclaim.direct"], without: begin) == ["reclaim.direct"])
    #expect(all.impossible(["reclaim.direct"], without: ["task/task_newtask"]) == [])
    let f2fs: Set<String> = ["f2fs/f2fs_sync_file_enter", "f2fs/f2fs_sync_file_exit"]
    #expect(all.impossible(["fsync.latency"], without: f2fs) == [])
  }

  /// Process tree: the agent 100, its child 101, whose thread is 102, and 7 of another session.
  @Test func theAgentsChildrenAreJudgedByTheirBirth() throws {
    func process(_ pid: UInt64, of parent: UInt64) -> [UInt8] {
      Wire.field(1, Wire.field(1, pid) + Wire.field(2, parent) + Wire.field(3, Array("x".utf8)))
    }
    let tree =
      process(1, of: 0) + process(7, of: 1) + process(100, of: 7) + process(101, of: 100)
      + Wire.field(2, Wire.field(1, 102) + Wire.field(3, 101)) + process(30, of: 2)
    let index = try TraceIndex(Wire.field(1, Wire.field(2, tree)), FoldMetrics())
    let classes = ThreadClasses(index, agent: 100)
    let gone = UInt32.max
    #expect([7, 100, 101, 102, 30, 55].map(classes.classOf) == [1, 3, gone, gone, 2, gone])
  }
}
