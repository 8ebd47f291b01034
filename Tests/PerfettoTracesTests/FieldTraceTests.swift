import CZlib
import CZstd
import Testing

@testable import PerfettoTraces

/// Traces as they come from the field, each with the value that is right.
@Suite struct FieldTraceTests {
  /// Count and largest value of `runqueue.wait`, and why it does not count.
  struct Waits: Equatable {
    var count: UInt64
    var max: UInt64
    var faults: [String] = []
  }

  static func waits(
    _ bytes: [UInt8], _ window: TraceWindow = .whole, workload: Set<String> = []
  ) throws -> Waits {
    let folded = try TraceFolder(window: window, workload: workload, metrics: ["runqueue.wait"])
      .fold(bytes)
    let labels = try #require(folded.metrics.first).labels
    return Waits(
      count: labels.reduce(0) { $0 + $1.count },
      max: labels.compactMap { $0.histogram?.max }.max() ?? 0, faults: folded.faults.map(\.reason))
  }

  static let good = Waits(count: 50, max: TraceBuilder.wait)

  /// zlib's stream with its usual header (15), gzip's (31) or none (-15).
  static func deflated(_ bytes: [UInt8], windowBits: Int32 = 15) throws -> [UInt8] {
    var stream = z_stream()
    try #require(
      deflateInit2_(
        &stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { deflateEnd(&stream) }
    var input = bytes
    return input.withUnsafeMutableBufferPointer { source in
      [UInt8](unsafeUninitializedCapacity: bytes.count + 1000) { target, count in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        deflate(&stream, Z_FINISH)
        count = Int(stream.total_out)
      }
    }
  }

  static func zstd(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { target, count in
      count = ZSTD_compress(target.baseAddress, target.count, bytes, bytes.count, 3)
    }
  }

  /// A zip file of some names with the same contents.
  static func zip(_ names: [String], _ bytes: [UInt8]) throws -> [UInt8] {
    func number(_ value: Int, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let packed = try deflated(bytes, windowBits: -15)
    let sizes = number(0, 4) + number(packed.count, 4) + number(bytes.count, 4)
    var files: [UInt8] = []
    var directory: [UInt8] = []
    for name in names {
      let common = number(20, 2) + number(0, 2) + number(8, 2) + number(0, 4) + sizes
      directory +=
        [0x50, 0x4b, 1, 2, 20, 0] + common + number(name.utf8.count, 2) + number(0, 12)
        + number(files.count, 4) + Array(name.utf8)
      files +=
        [0x50, 0x4b, 3, 4] + common + number(name.utf8.count, 2) + number(0, 2)
        + Array(name.utf8) + packed
    }
    return files + directory + [0x50, 0x4b, 5, 6] + number(0, 4) + number(names.count, 2)
      + number(names.count, 2) + number(directory.count, 4) + number(files.count, 4) + number(0, 2)
  }

  @Test func aGoodTraceIsGood() throws {
    #expect(try Self.waits(TraceBuilder().bytes) == Self.good)
    #expect(try Self.waits(TraceBuilder(bundlesOf: 7).bytes) == Self.good)
  }

  @Test(arguments: [UInt64(50), 133])
  func compressedPacketsAreRead(_ number: UInt64) throws {
    let trace = TraceBuilder(bundlesOf: 10)
    func packed(_ packets: [[UInt8]]) throws -> [UInt8] {
      let bytes = packets.flatMap { Wire.field(1, $0) }
      return Wire.field(number, try number == 50 ? Self.deflated(bytes) : Self.zstd(bytes))
    }
    var mixed = trace
    mixed.bundles = Array(trace.bundles[..<4]) + [try packed(Array(trace.bundles[4...]))]
    #expect(try Self.waits(mixed.bytes) == Self.good)
    // Two in a row, and the damaged one by its name.
    mixed.bundles = [
      try packed(Array(trace.bundles[..<4])), try packed(Array(trace.bundles[4...])),
    ]
    #expect(try Self.waits(mixed.bytes) == Self.good)
    mixed.bundles = [Wire.field(number, Array(try packed(trace.bundles).dropFirst(40)))]
    #expect(throws: PerfettoTraceError.self) { try Self.waits(mixed.bytes) }
  }

  @Test func packetsInPackedPacketsRefuse() throws {
    var trace = TraceBuilder()
    let inner = Wire.field(1, Wire.field(50, try Self.deflated([])))
    trace.more = Wire.field(1, Wire.field(133, Self.zstd(inner)))
    #expect(
      try Self.waits(trace.bytes).faults == ["compressed packets hold compressed packets"])
  }

  @Test func packedFilesAreRead() throws {
    let bytes = TraceBuilder().bytes
    let gzip = try Self.deflated(bytes, windowBits: 31)
    #expect(try Self.waits(gzip) == Self.good)
    #expect(try Self.waits(Self.zstd(bytes)) == Self.good)
    #expect(try Self.waits(Self.zip(["a.perfetto-trace"], bytes)) == Self.good)
    #expect(try Self.waits(Self.zip(["a.gz"], gzip)) == Self.good)
    // Two members, as `cat a.gz b.gz` makes them.
    let halves = [bytes[..<2000], bytes[2000...]]
    let members = try halves.flatMap { try Self.deflated(Array($0), windowBits: 31) }
    #expect(try Self.waits(members) == Self.good)
    let folded = try TraceFolder().fold(gzip)
    #expect(folded.facts.notes == ["the trace was unpacked (gzip)"])
    let cut = try TraceFolder().fold(Array(gzip.dropLast(60)))
    #expect(cut.facts.omissions.first == "the gzip file is cut off: what is there was read")
    #expect(
      throws: PerfettoTraceError.foreign(
        "this is a zip file of 2 files: unpack it and give one (a, b)")
    ) { try Self.waits(Self.zip(["a", "b"], bytes)) }
    for size in stride(from: 4, to: 300, by: 13) {
      #expect(throws: PerfettoTraceError.self) {
        try Self.waits(Array(Self.zip(["a"], bytes).prefix(size)))
      }
    }
  }

  @Test func bombsAreRefused() throws {
    let zeros = [UInt8](repeating: 0, count: 64 << 20)
    var output: [UInt8] = []
    #expect(throws: Expansion.ExpansionError.tooLarge) {
      try Expansion.zstd.append(Self.zstd(zeros)[...], to: &output, limit: 1 << 20)
    }
    #expect(output.count < 2 << 20)
    #expect(throws: Expansion.ExpansionError.tooLarge) {
      try Expansion.gzip.append(
        Self.deflated(zeros, windowBits: 31)[...], to: &output, limit: 3 << 20)
    }
    #expect(throws: PerfettoTraceError.self) {
      try TraceFolder().fold(TraceBuilder().bytes + Wire.field(1, Wire.field(11, zeros)))
    }
  }

  /// Sums with such a time trap.
  @Test func aTimeThatNoClockShowsIsRefused() throws {
    let waking = Wire.field(1, "c500") + Wire.field(2, 500) + Wire.field(3, 120)
    for ns: UInt64 in [.max, .max - 1, 1 << 63] {
      var trace = TraceBuilder()
      trace.bundles.append(
        TraceBuilder.packet(Wire.field(1, 1) + TraceBuilder.event(ns, 900, 17, waking)))
      for window in [TraceWindow.whole, .seconds(from: 1, to: nil), .seconds(from: nil, to: 2)] {
        let error = #expect(throws: PerfettoTraceError.self) { try Self.waits(trace.bytes, window) }
        #expect(error?.description.contains("which no clock shows") == true)
      }
    }
  }

  @Test func aTornTailIsReadUpToTheTear() throws {
    let bytes = TraceBuilder().bytes
    // Inside the last packet, which is perfetto's own statistics: nothing of the kernel is missing.
    let folded = try TraceFolder().fold(Array(bytes.dropLast(3)))
    #expect(folded.faults == [])
    #expect(folded.facts.omissions.count == 1)
    #expect(folded.facts.omissions[0].contains("the file ends inside the packet at byte"))
    let zeros = try TraceFolder().fold(bytes + [UInt8](repeating: 0, count: 4096))
    #expect(zeros.faults == [])
    #expect(
      zeros.facts.omissions
        == ["the file has nothing but zeros from byte \(bytes.count) on: it was read up to there"])
    // Inside the end statistics: the events are there, that they are all is not known.
    var ended = TraceBuilder()
    ended.traceStats = nil
    let torn = try Self.waits(Array(ended.bytes.dropLast(3)))
    #expect(torn.count == 50)
    #expect(torn.max == TraceBuilder.wait)
    #expect(torn.faults.count == 1)
    #expect(torn.faults[0].hasSuffix("so its last events may be missing (from 0.049000 s on)"))
    #expect(
      try Self.waits(Array(ended.bytes.dropLast(3)), .seconds(from: nil, to: 0.04)).faults == [])
  }

  @Test func otherFilesAreNamed() {
    for (text, name) in [
      (#"{"traceEvents":[{"name":"a","ph":"X"}]}"#, "this is JSON, as Chrome's"),
      ("\u{feff} [ {\"name\": 1} ]", "this is JSON, as Chrome's"),
      ("<!DOCTYPE html>\n<html>", "this is an HTML page, as systrace"),
      ("# tracer: nop\n#\n", "this is the text of systrace"),
      ("\u{17}\u{8}Dtracing6", "this is a trace.dat of trace-cmd"),
      (#"{"schema":"latgate.run/1"}"#, "this is a file of latgate"),
      ("BZh9", "this is packed by bzip2"),
      ("", "this file is empty"),
      (String(repeating: "\0", count: 257) + "ustar  ", "this is a tar archive"),
    ] {
      let error = #expect(throws: PerfettoTraceError.self) {
        try TraceFolder().fold(Array(text.utf8))
      }
      #expect(error?.description.hasPrefix(name) == true, "\(text)")
    }
  }

  /// Two buffers, of which the second lost data.
  private static func twoBuffers(_ more: [UInt8] = []) -> TraceBuilder {
    var trace = TraceBuilder()
    trace.traceStats = Wire.field(
      35, Wire.field(1, Wire.field(2, 10)) + Wire.field(1, Wire.field(3, 400)) + more)
    return trace
  }

  @Test func anotherBufferMayLoseData() throws {
    #expect(try Self.waits(Self.twoBuffers().bytes) == Self.good)
    // Buffer of sequence 1 by the statistics of writers.
    func writer(_ buffer: UInt64) -> [UInt8] {
      Wire.field(18, Wire.field(1, 1) + Wire.field(4, buffer))
    }
    #expect(try Self.waits(Self.twoBuffers(writer(0)).bytes) == Self.good)
    #expect(
      try Self.waits(Self.twoBuffers(writer(1)).bytes).faults
        == ["perfetto's own buffer lost data"])
    // Where the end statistics follow the events in their sequence, these report all that is lost.
    var ordered = Self.twoBuffers(writer(1))
    ordered.endStats? += Wire.field(10, 1)
    #expect(try Self.waits(ordered.bytes) == Self.good)
  }

  @Test func lostPacketsAreAGap() throws {
    var trace = TraceBuilder(bundlesOf: 10)
    // The wakings 20 to 29 of both CPUs.
    trace.bundles.removeSubrange(4..<6)
    trace.bundles[4] += Wire.field(42, 256)
    let whole = try Self.waits(trace.bytes)
    #expect(
      whole.faults == [
        "perfetto's buffer lost events (CPU 0) (from 0.019250 s to 0.030050 s)",
        "perfetto's buffer lost events (CPU 1) (from 0.019000 s to 0.030000 s)",
      ])
    #expect(
      try Self.waits(trace.bytes, .seconds(from: nil, to: 0.019))
        == Waits(count: 19, max: TraceBuilder.wait))
    #expect(
      try Self.waits(trace.bytes, .seconds(from: 0.0305, to: nil))
        == Waits(count: 19, max: TraceBuilder.wait))
    // The first packet of a sequence always has the mark.
    var first = TraceBuilder()
    first.bundles[0] += Wire.field(42, 1)
    #expect(try Self.waits(first.bytes) == Self.good)
  }

  @Test func aGapIsNamedOnce() {
    var gaps = GapList()
    for gap in [
      TraceGap(reason: "b", from: 5, until: 7), TraceGap(reason: "a"),
      TraceGap(reason: "b", from: 5, until: 7), TraceGap(reason: "b", from: 6, until: 7),
      TraceGap(reason: "b", from: 7, until: 7), TraceGap(reason: "a"),
    ] {
      gaps.add(gap)
    }
    #expect(gaps.all.map(\.reason) == ["b", "a", "b"])
    #expect(gaps.all.map(\.from) == [5, 0, 6])
  }

  /// Which of two losses took the events of a CPU that shows itself late is not known.
  @Test func aCPUThatShowsItselfLateMissesAllSinceTheFirstLoss() throws {
    var trace = TraceBuilder(bundlesOf: 10)
    trace.bundles[2] += Wire.field(42, 256)
    trace.bundles[6] += Wire.field(42, 256)
    trace.bundles.append(TraceBuilder.packet(TraceBuilder.bundle(2, 45..<46)))
    let lost = "perfetto's buffer lost events"
    #expect(
      try Self.waits(trace.bytes).faults == [
        "\(lost) (CPU 0) (from 0.009250 s to 0.010050 s)",
        "\(lost) (CPU 1) (from 0.009000 s to 0.010000 s)",
        "\(lost) (CPU 0) (from 0.029250 s to 0.030050 s)",
        "\(lost) (CPU 1) (from 0.029000 s to 0.030000 s)",
        "\(lost) (CPU 2) (from 0.009000 s to 0.045050 s)",
      ])
  }

  @Test func aRingBufferBeginsWithTheLastCPUToBegin() throws {
    var trace = TraceBuilder(bundlesOf: 10)
    // What was overwritten: the first bundle of CPU 0.
    trace.bundles.remove(at: 0)
    trace.bundles[0] += Wire.field(42, 1)
    trace.endStats? += Wire.field(10, 1)
    trace.traceStats = Wire.field(35, Wire.field(1, Wire.field(3, 1)))
    let folded = try TraceFolder(metrics: ["runqueue.wait"]).fold(trace.bytes)
    #expect(folded.firstNs == TraceBuilder.begin + 10 * TraceBuilder.step + TraceBuilder.wait)
    #expect(
      folded.facts.omissions
        == ["the first 0.010050 s were left out: not every CPU's events are there"])
    #expect(try Self.waits(trace.bytes) == Waits(count: 39, max: TraceBuilder.wait))
    // The bundle says from where on it is whole.
    trace.bundles[1] = TraceBuilder.packet(
      TraceBuilder.bundle(0, 10..<20, Wire.field(10, TraceBuilder.begin + 9_500_000)))
    #expect(try Self.waits(trace.bytes) == Waits(count: 40, max: TraceBuilder.wait))
  }

  @Test func aGapOutsideTheWindowDoesNotMatter() throws {
    var trace = TraceBuilder(bundlesOf: 10)
    // The kernel lost something of CPU 0 between the wakings 9 and 10.
    trace.bundles[2] = TraceBuilder.packet(TraceBuilder.bundle(0, 10..<20, Wire.field(3, 1)))
    let gap = "the kernel's buffer overran (CPU 0) (from 0.009250 s to 0.010050 s)"
    #expect(try Self.waits(trace.bytes).faults == [gap])
    #expect(try Self.waits(trace.bytes, .seconds(from: 0.009, to: 0.012)).faults == [gap])
    #expect(
      try Self.waits(trace.bytes, .seconds(from: 0.0105, to: nil))
        == Waits(count: 39, max: TraceBuilder.wait))
    #expect(
      try Self.waits(trace.bytes, .seconds(from: nil, to: 0.009))
        == Waits(count: 9, max: TraceBuilder.wait))
    // Before the first event of a CPU is before the trace.
    var early = TraceBuilder()
    early.bundles[0] = TraceBuilder.packet(TraceBuilder.bundle(0, 0..<50, Wire.field(3, 1)))
    #expect(try Self.waits(early.bytes) == Waits(count: 49, max: TraceBuilder.wait))
    // Counted, and in no bundle: its place is not known.
    var counted = TraceBuilder()
    counted.endStats = Wire.field(34, TraceBuilder.statistics(phase: 2, overrun: 3))
    #expect(
      try Self.waits(counted.bytes).faults == [
        "the kernel's buffer overran (CPU 0)", "the kernel's buffer overran (CPU 1)",
      ])
  }

  @Test func aRefusedEventOfNobodyDoesNotMatter() throws {
    var trace = TraceBuilder()
    trace.endStats? = Wire.field(
      34, TraceBuilder.statistics(phase: 2) + Wire.field(7, "mali/mali_CSF_INTERRUPT"))
    #expect(try Self.waits(trace.bytes) == Self.good)
    // Births begin waits too.
    trace.endStats? = Wire.field(
      34, TraceBuilder.statistics(phase: 2) + Wire.field(7, "sched/sched_wakeup_new"))
    let folded = try TraceFolder(metrics: ["runqueue.wait"]).fold(trace.bytes)
    #expect(folded.metrics == [])
    #expect(folded.missing == ["runqueue.wait": ["sched_wakeup_new"]])
  }

  @Test func aKilledSessionIsWholeUpToItsLastRead() throws {
    var trace = TraceBuilder(bundlesOf: 10)
    trace.endStats = nil
    trace.traceStats = nil
    // CPU 0 was not read any more after the waking 29.
    trace.bundles.remove(at: 8)
    trace.bundles.remove(at: 6)
    let whole = try Self.waits(trace.bytes)
    #expect(whole.faults.count == 1)
    #expect(whole.faults[0].contains("no end statistics of linux.ftrace"))
    #expect(whole.faults[0].hasSuffix("(from 0.029250 s on)"))
    #expect(
      try Self.waits(trace.bytes, .seconds(from: nil, to: 0.029))
        == Waits(count: 29, max: TraceBuilder.wait))
    // Statistics of a flush in the middle say nothing of what came after it.
    var flushed = TraceBuilder(bundlesOf: 25)
    let statistics = try #require(flushed.endStats) + Wire.field(10, 1)
    flushed.bundles.insert(statistics, at: 2)
    flushed.endStats = nil
    #expect(try Self.waits(flushed.bytes).faults.count == 1)
    #expect(try Self.waits(flushed.bytes, .seconds(from: nil, to: 0.02)).faults == [])
  }

  @Test func aFilterWithoutAMatchIsAnError() throws {
    let bytes = TraceBuilder().bytes
    #expect(
      try Self.waits(bytes, workload: ["/vendor/bin/fio"]) == Self.good)
    let known: Set = ["/system/bin/init", "/system/bin/waker", "/vendor/bin/fio", "kthreadd"]
    #expect(throws: PerfettoTraceError.noProcess(["nosuch"], known: known)) {
      try Self.waits(bytes, workload: ["/vendor/bin/fio", "nosuch"])
    }
  }

  @Test func otherMachinesAreLeftOut() throws {
    var trace = TraceBuilder()
    trace.bundles += TraceBuilder(bundlesOf: 25).bundles.map { $0 + Wire.field(98, 7) }
    #expect(try Self.waits(trace.bytes) == Self.good)
    let omissions = try TraceFolder().fold(trace.bytes).facts.omissions
    #expect(
      omissions == [
        "the trace has kernel events of 2 machines: those of the one that recorded were read"
      ])
  }

  @Test func theSameEventsTwiceAreRefused() throws {
    var trace = TraceBuilder()
    trace.bundles += trace.bundles.map { $0 + Wire.field(10, 2) }
    #expect(
      try Self.waits(trace.bytes).faults.contains(
        "two data sources of the trace recorded the same events (CPU 0)"))
  }

  @Test func aSuspendBetweenTwoSnapshotsIsAGap() throws {
    func snapshot(_ boottime: UInt64, _ suspended: UInt64) -> [UInt8] {
      Wire.field(
        1,
        Wire.field(
          6,
          Wire.field(1, Wire.field(1, 3) + Wire.field(2, boottime - suspended))
            + Wire.field(1, Wire.field(1, 6) + Wire.field(2, boottime))))
    }
    let step = TraceBuilder.step
    var trace = TraceBuilder()
    trace.more =
      snapshot(TraceBuilder.begin, 0) + snapshot(TraceBuilder.begin + 20 * step, 0)
      + snapshot(TraceBuilder.begin + 30 * step, 10 * step + 1_000_000)
    #expect(
      try Self.waits(trace.bytes).faults
        == ["the device was suspended (from 0.020000 s to 0.030000 s)"])
    #expect(try Self.waits(trace.bytes, .seconds(from: 0.031, to: nil)).faults == [])
  }

  @Test func fieldsThatAFilterTookOutRefuse() throws {
    var trace = TraceBuilder()
    let end = TraceBuilder.begin + 50 * TraceBuilder.step
    trace.bundles[0] = TraceBuilder.packet(
      TraceBuilder.bundle(0, 0..<50, TraceBuilder.event(end, 0, 4, Wire.field(2, 0))))
    #expect(
      try Self.waits(trace.bytes).faults
        == ["1 events lack fields that the kernel writes: a filter took them out"])
  }
}
