import Catalogs
import Foundation
import LatencyHistograms
import ProbePrograms
import Testing

@testable import PerfettoTraces

/// `Fixtures/*.perfetto-trace` hold the events of `Tests/fold/capture`, serialised with the
/// protocol buffer classes of perfetto's own Python package: plain, and with compact scheduling.
@Suite struct TraceFolderTests {
  /// A histogram line of `Tests/fold/capture/folded.txt`, which the C side is held to.
  struct Line: Equatable, CustomStringConvertible {
    var metric: String
    var key: String
    var count: UInt64
    var sum: UInt64
    var max: UInt64
    var description: String { "\(metric) \(key) \(count) \(sum) \(max)" }
  }

  static func fixture(_ name: String) throws -> [UInt8] {
    let url = try #require(
      Bundle.module.url(
        forResource: name, withExtension: "perfetto-trace", subdirectory: "Fixtures"))
    return try [UInt8](Data(contentsOf: url))
  }

  /// Tables as the C side is tested with: ProbeProgramsTests holds them against their manifests.
  static let declarations: [[UInt8]] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../fold/spans")
    return ["fsync.latency", "hardirq.run", "reclaim.direct", "timers.run"].compactMap { name in
      (try? Data(contentsOf: folder.appendingPathComponent("\(name).spans"))).map { [UInt8]($0) }
    }
  }()

  static func expected() throws -> [Line] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../fold/capture/folded.txt")
    return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").compactMap {
      let words = $0.split(separator: "\t", omittingEmptySubsequences: false)
      guard words[0] == "hist" else { return nil }
      return try Line(
        metric: String(words[1]), key: String(words[2]), count: #require(UInt64(words[4])),
        sum: #require(UInt64(words[5])), max: #require(UInt64(words[6])))
    }
  }

  static func lines(_ folded: FoldedTrace) -> [Line] {
    folded.metrics.flatMap { metric in
      metric.labels.compactMap { label -> Line? in
        guard let histogram = label.histogram else { return nil }
        let words = stride(from: 0, to: label.key.count, by: 4).map { at in
          label.key[at..<at + 4].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        }
        return Line(
          metric: metric.name, key: words.map(String.init).joined(separator: ","),
          count: histogram.count, sum: histogram.sum, max: histogram.max)
      }
    }
  }

  @Test func aTraceFoldsAsTheKernelsOwnPages() throws {
    let folded = try TraceFolder(declarations: Self.declarations).fold(Self.fixture("events"))
    let made = Self.lines(folded).map(\.description).sorted()
    #expect(made == (try Self.expected()).map(\.description).sorted())
    #expect(folded.facts.gaps == [])
    #expect(folded.faults == [])
    #expect(folded.facts.notes == [])
    #expect(folded.facts.kernelRelease == "6.18.44")
    #expect(folded.facts.fingerprint == "example/device/build:1")
    #expect(!folded.wakingIsWakeup)
  }

  @Test func compactSchedulingFoldsTheSameButForWhatItLeavesOut() throws {
    let folded = try TraceFolder(declarations: Self.declarations).fold(Self.fixture("compact"))
    func others(_ lines: [Line]) -> [String] {
      lines.filter { !$0.metric.hasPrefix("runqueue") && !$0.metric.hasPrefix("sleep") }
        .map(\.description).sorted()
    }
    #expect(others(Self.lines(folded)) == others(try Self.expected()))
    let runqueue = try #require(folded.metrics.first { $0.name == "runqueue.wait" })
    let counters = runqueue.counters
    #expect(counters.recorded > 0)
    #expect(
      counters.started
        == counters.recorded + counters.overwritten + counters.cancelled + counters.censored)
  }

  @Test func everyCutIsAnErrorOrATrace() throws {
    let data = try Self.fixture("compact")
    var errors = 0
    for cut in stride(from: 0, to: data.count, by: 97) {
      do {
        _ = try TraceFolder().fold(Array(data[..<cut]))
      } catch {
        errors += 1
      }
    }
    #expect(errors > 0)
  }

  @Test func whatIsNoTraceTellsWhere() throws {
    #expect(
      throws: PerfettoTraceError.foreign(
        "this file is empty: record the trace again, or copy it again")
    ) { try TraceFolder().fold([]) }
    #expect(throws: PerfettoTraceError.malformed(offset: 0, problem: "wire type 7 is not in use")) {
      try TraceFolder().fold([0x0f])
    }
    #expect(throws: PerfettoTraceError.truncated(offset: 0)) {
      try TraceFolder().fold([0x0a, 0x05, 0x01])
    }
  }

  @Test func aPartOfATrace() throws {
    let data = try Self.fixture("events")
    let folded = try TraceFolder(window: .seconds(from: 0.01, to: 0.02)).fold(data)
    #expect(folded.window.open - folded.firstNs == 10_000_000)
    #expect(folded.window.drain - folded.window.open == 10_000_000)
    #expect(folded.window.arm == folded.firstNs)
    #expect(throws: PerfettoTraceError.noMarker("begin")) {
      try TraceFolder(window: .markers(from: "begin", to: "end")).fold(data)
    }
    #expect(throws: PerfettoTraceError.self) {
      try TraceFolder(window: .seconds(from: 100, to: nil)).fold(data)
    }
  }

  @Test func devicesAreNumberedAsTheKernelDoes() {
    // new_encode_dev(MKDEV(259, 1234)): minor's low byte, major, minor's upper bits.
    let encoded: UInt64 = (1234 & 0xff) | 259 << 8 | (1234 & ~0xff) << 12
    #expect(EventDecoding.kernelDevice(encoded) == 259 << 20 | 1234)
  }

  @Test func whatATraceLacksIsNamed() throws {
    let folded = try TraceFolder(metrics: ["binder.call", "softirq.run"])
      .fold(Self.fixture("events"))
    #expect(folded.metrics.map(\.name) == ["softirq.run"])
    #expect(
      folded.missing == ["binder.call": ["binder_transaction", "binder_transaction_received"]])
  }

  @Test func aTableThatIsNoneIsAnError() {
    #expect(throws: PerfettoTraceError.declaration("it ends early")) {
      try TraceFolder(declarations: [[3, 0]]).fold(TraceFolderTests.fixture("events"))
    }
  }

  /// A table of a user's own, on events that no known metric is made from.
  @Test func anyTableFoldsFromEventsThatPerfettoKnows() throws {
    let probe = try ProbeManifest.parse(
      """
      probe: mine
      title: T
      question: Q?
      cost: low
      privacy: none
      metrics:
        - metric: mine.work
          help: h
          unit: ns
          spans:
            - from: {event: workqueue/workqueue_execute_start, fields: {work: arg0, function: arg0}}
              to: {event: workqueue/workqueue_execute_end, fields: {work: arg0, function: arg0}}
          by: [work]
          where: {function: [7, 8]}
          key: [{field: function, size: 4}]
      """, file: "mine.yaml")
    let declaration = try #require(probe.metrics.first.flatMap { SpanDeclaration($0)?.bytes })
    var trace = TraceBuilder(wakings: 2)
    func work(_ at: UInt64, _ field: UInt64, _ work: UInt64, _ function: UInt64) -> [UInt8] {
      TraceBuilder.event(
        TraceBuilder.begin + at, 900, field, Wire.field(1, work) + Wire.field(2, function))
    }
    let start = try #require(PerfettoEvent.all["workqueue_execute_start"]?.number)
    let end = try #require(PerfettoEvent.all["workqueue_execute_end"]?.number)
    trace.bundles[0] = TraceBuilder.packet(
      Wire.field(1, 0) + work(10, UInt64(start), 1 << 40, 7) + work(15, UInt64(start), 2 << 40, 9)
        + work(40, UInt64(end), 1 << 40, 7) + work(50, UInt64(end), 2 << 40, 9))
    let folded = try TraceFolder(metrics: ["mine.work"], declarations: [declaration])
      .fold(trace.bytes)
    let metric = try #require(folded.metrics.first)
    #expect(metric.name == "mine.work" && metric.counters.started == 1)
    #expect(metric.labels.map(\.key) == [[7, 0, 0, 0]])
    #expect(metric.labels.first?.histogram?.sum == 30)
    #expect(metric.events == ["workqueue_execute_start", "workqueue_execute_end"])
  }
}
