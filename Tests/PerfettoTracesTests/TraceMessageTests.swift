import Foundation
import Testing

@testable import PerfettoTraces

/// The table of perfetto's fields against the decoder, and against perfetto's own definitions.
@Suite struct TraceMessageTests {
  typealias Outcome = Result<FoldedTrace, PerfettoTraceError>

  static func outcome(_ trace: TraceBuilder) -> Outcome {
    Result { () throws(PerfettoTraceError) in
      try TraceFolder(metrics: ["runqueue.wait"]).fold(trace.bytes)
    }
  }

  /// Few, as there are thousands of traces.
  private static let wakings = 5

  /// A trace to which a field of a message is added where such a message is, as text or as number.
  static func trace(with field: [UInt8], in message: String) -> TraceBuilder {
    var trace = TraceBuilder(wakings: wakings)
    func statistics(_ more: [UInt8]) -> [UInt8] {
      Wire.field(34, TraceBuilder.statistics(phase: 2) + more)
    }
    switch message {
    case "TracePacket": trace.bundles[0] += field
    case "FtraceEventBundle":
      trace.bundles[0] = TraceBuilder.packet(TraceBuilder.bundle(0, 0..<wakings, field))
    case "CompactSched":
      trace.bundles[0] = TraceBuilder.packet(
        TraceBuilder.bundle(0, 0..<wakings, Wire.field(4, Self.compact() + field)))
    case "FtraceStats": trace.endStats = statistics(field)
    case "FtraceCpuStats":
      trace.endStats = statistics(Wire.field(2, Wire.field(1, 0) + field))
    case "TraceStats": trace.traceStats = Wire.field(35, Wire.field(1, Wire.field(2, 1)) + field)
    case "BufferStats": trace.traceStats = Wire.field(35, Wire.field(1, field))
    case "ClockSnapshot":
      trace.more = Wire.field(1, Wire.field(6, Self.clock() + field))
    case "Clock":
      trace.more = Wire.field(1, Wire.field(6, Wire.field(1, Self.clockFields + field)))
    case "ProcessTree": trace.tree? += field
    case "Process":
      trace.tree? += Wire.field(1, Wire.field(1, 700) + field)
    case "Thread":
      trace.tree? += Wire.field(2, Wire.field(1, 701) + field)
    case "TracingServiceEvent": trace.more = Wire.field(1, Wire.field(69, field))
    default: Issue.record("no place for \(message)")
    }
    return trace
  }

  private static let clockFields = Wire.field(1, 1) + Wire.field(2, 1_000)
  private static func clock() -> [UInt8] { Wire.field(1, clockFields) }

  /// Columns of one switch, and of one waking.
  static func compact(without left: UInt64 = 0) -> [UInt8] {
    let end = TraceBuilder.begin + UInt64(wakings - 1) * TraceBuilder.step + 400_000
    let columns: [(UInt64, UInt64)] = [(1, end), (2, 0), (3, 900), (7, end), (8, 500)]
    return columns.filter { $0.0 != left }.flatMap { Wire.field($0.0, Wire.varint($0.1)) }
  }

  @Test(arguments: TraceMessage.all.map(\.name))
  func whatIsHarmlessChangesNothingAndWhatIsNotKnownRefuses(_ name: String) throws {
    let message = try #require(TraceMessage.all.first { $0.name == name })
    let plain = try Self.outcome(Self.trace(with: [], in: name)).get()
    #expect(plain.faults == [])
    for number in Array(1...150) + [511, 512, 513, 900, 999, 1000, 1999, 2000, 100_000]
    where message.use(of: number) != .used {
      let samples = [Wire.field(UInt64(number), 1), Wire.field(UInt64(number), "x")]
      for field in samples {
        let made = try Self.outcome(Self.trace(with: field, in: name)).get()
        if message.use(of: number) == .harmless {
          #expect(made == plain, "\(name) \(number)")
        } else {
          let known = message.refusing[number] ?? "field \(min(number, name.shortest))"
          #expect(made.faults.map(\.reason).contains { $0.contains(known) }, "\(name) \(number)")
          #expect(made.faults.allSatisfy { !$0.isElsewhere }, "\(name) \(number)")
        }
      }
    }
  }

  /// Two traces that differ by one field that is used.
  struct Example {
    var message: String
    var number: Int
    var without: TraceBuilder
    var with: TraceBuilder

    init(_ message: String, _ number: Int, _ field: [UInt8]) {
      self.message = message
      self.number = number
      without = TraceMessageTests.trace(with: [], in: message)
      with = TraceMessageTests.trace(with: field, in: message)
    }

    init(
      _ message: String, _ number: Int, of trace: TraceBuilder = TraceBuilder(wakings: wakings),
      _ with: (inout TraceBuilder) -> Void, from without: (inout TraceBuilder) -> Void = { _ in }
    ) {
      self.message = message
      self.number = number
      self.without = trace
      self.with = trace
      without(&self.without)
      with(&self.with)
    }
  }

  private static let halves = TraceBuilder(bundlesOf: 25)

  private static func packets(_ more: [UInt8]...) -> [UInt8] {
    more.flatMap { Wire.field(1, $0) }
  }

  static let packetExamples: [Example] = {
    let started = Wire.field(69, Wire.field(1, 1))
    let flagged = Wire.field(13, 2)
    return [
      Example("TracePacket", 1, Wire.field(1, TraceBuilder.bundle(0, 0..<1))),
      Example("TracePacket", 2) {
        $0.tree? += Wire.field(2, Wire.field(1, 500) + Wire.field(3, 2))
      } from: {
        $0.tree = nil
      },
      Example("TracePacket", 6, Wire.field(6, clock())),
      Example("TracePacket", 8) {
        $0.more = packets(started + Wire.field(8, 7))
      } from: {
        $0.more = packets(started)
      },
      Example("TracePacket", 10, of: halves) { $0.bundles[2] += Wire.field(10, 8) },
      Example("TracePacket", 13) { $0.bundles[0] += flagged },
      Example("TracePacket", 33) {
        $0.traceStats = Wire.field(35, Wire.field(1, []) + Wire.field(1, Wire.field(3, 1)))
        let source = Wire.field(2, Wire.field(1, Wire.field(1, "linux.ftrace") + Wire.field(2, 1)))
        $0.more = packets(Wire.field(33, source))
      } from: {
        $0.traceStats = Wire.field(35, Wire.field(1, []) + Wire.field(1, Wire.field(3, 1)))
      },
      Example("TracePacket", 34) { $0.endStats = nil },
      Example("TracePacket", 35) {
        $0.traceStats = Wire.field(35, Wire.field(1, Wire.field(18, 1)))
      },
      Example("TracePacket", 41) {
        $0.bundles[0] += flagged + Wire.field(41, 1)
      } from: {
        $0.bundles[0] += flagged
      },
      Example("TracePacket", 42, of: halves) { $0.bundles[2] += Wire.field(42, 256) },
      Example("TracePacket", 45) { $0.system = [] },
      Example("TracePacket", 50, Wire.field(50, "x")),
      Example("TracePacket", 58) {
        $0.more = packets(started + Wire.field(8, 7) + Wire.field(58, 1))
      } from: {
        $0.more = packets(started + Wire.field(8, 7))
      },
      Example("TracePacket", 59) {
        $0.more = packets(
          Wire.field(59, Wire.field(58, 1)) + Wire.field(10, 9),
          started + Wire.field(8, 7) + Wire.field(10, 9))
      } from: {
        $0.more = packets(Wire.field(10, 9), started + Wire.field(8, 7) + Wire.field(10, 9))
      },
      Example("TracePacket", 69) { $0.more = packets(started + Wire.field(8, 7)) },
      Example("TracePacket", 87, of: halves) {
        $0.bundles[2] += Wire.field(42, 1) + Wire.field(87, 1)
      } from: {
        $0.bundles[2] += Wire.field(42, 1)
      },
      Example("TracePacket", 98) { $0.bundles[0] += Wire.field(98, 5) },
      Example("TracePacket", 124) {
        $0.traceStats = Wire.field(35, Wire.field(1, []) + Wire.field(1, Wire.field(3, 1)))
        $0.more = packets(
          Wire.field(124, Wire.field(2, []) + Wire.field(2, Wire.field(1, Wire.field(1, 1)))))
      } from: {
        $0.traceStats = Wire.field(35, Wire.field(1, []) + Wire.field(1, Wire.field(3, 1)))
      },
      Example("TracePacket", 133, Wire.field(133, "x")),
      Example("TracePacket", 138) { $0.more = packets(Wire.field(138, [])) },
    ]
  }()

  static let bundleExamples: [Example] = {
    func second(_ fields: [UInt8]) -> (inout TraceBuilder) -> Void {
      { $0.bundles[2] = TraceBuilder.packet(TraceBuilder.bundle(0, 25..<50, fields)) }
    }
    func columns(without number: UInt64) -> Example {
      var trace = TraceBuilder(wakings: wakings)
      trace.bundles[0] = TraceBuilder.packet(
        TraceBuilder.bundle(0, 0..<wakings, Wire.field(4, Self.compact())))
      // Wakings stand in for wakeups only where there are none.
      if number > 3 { trace.bundles[1] = [] }
      var left = trace
      left.bundles[0] = TraceBuilder.packet(
        TraceBuilder.bundle(0, 0..<wakings, Wire.field(4, Self.compact(without: number))))
      return Example("CompactSched", Int(number), of: trace) { $0 = left }
    }
    let late = TraceBuilder.begin + 2 * TraceBuilder.step
    return [
      Example("FtraceEventBundle", 1, of: halves) {
        second(Wire.field(3, 1) + Wire.field(1, 5))(&$0)
      } from: {
        second(Wire.field(3, 1))(&$0)
      },
      Example("FtraceEventBundle", 2, TraceBuilder.event(late, 0, 17, Wire.field(2, 900))),
      Example("FtraceEventBundle", 3, of: halves, second(Wire.field(3, 1))),
      Example("FtraceEventBundle", 4) {
        $0.bundles[0] = TraceBuilder.packet(
          TraceBuilder.bundle(0, 0..<wakings, Wire.field(4, compact())))
      } from: {
        $0.bundles[0] = TraceBuilder.packet(TraceBuilder.bundle(0, 0..<wakings))
      },
      Example("FtraceEventBundle", 5, Wire.field(5, 3)),
      Example("FtraceEventBundle", 8, of: halves, second(Wire.field(8, Wire.field(2, 4)))),
      Example("FtraceEventBundle", 9, Wire.field(9, late)),
      Example("FtraceEventBundle", 10, Wire.field(10, late)),
      Example("FtraceEventBundle", 512, of: halves, second(Wire.field(512, "page"))),
    ] + [1, 2, 3, 7, 8].map { columns(without: $0) }
  }()

  static let statisticsExamples: [Example] = {
    func mapped(_ more: [UInt8]) -> (inout TraceBuilder) -> Void {
      {
        $0.traceStats = Wire.field(
          35, Wire.field(1, []) + Wire.field(1, Wire.field(3, 1)) + more)
      }
    }
    return [
      Example("FtraceStats", 1, Wire.field(1, 1)),
      Example("FtraceStats", 2, Wire.field(2, Wire.field(1, 0) + Wire.field(3, 1))),
      Example("FtraceStats", 6, Wire.field(6, "sched/sched_wakeup_new")),
      Example("FtraceStats", 7, Wire.field(7, "sched/sched_wakeup_new")),
      Example("FtraceStats", 8, Wire.field(8, 1)),
      Example("FtraceStats", 9, Wire.field(9, 2)),
      Example("FtraceCpuStats", 1) {
        $0 = trace(with: Wire.field(3, 1) + Wire.field(1, 1), in: "FtraceCpuStats")
      } from: {
        $0 = trace(with: Wire.field(3, 1), in: "FtraceCpuStats")
      },
      Example("TraceStats", 1) {
        $0.traceStats = Wire.field(35, Wire.field(1, Wire.field(18, 1)))
      },
      Example("TraceStats", 11, Wire.field(11, Wire.field(4, 1))),
      Example(
        "TraceStats", 18, mapped(Wire.field(18, Wire.field(1, 1) + Wire.field(4, 1))),
        from: mapped([])),
      Example("ClockSnapshot", 1, Wire.field(1, Wire.field(1, 1) + Wire.field(2, 5))),
      Example("Clock", 1, Wire.field(1, 3)),
      Example("Clock", 2, Wire.field(2, 2_000)),
      Example("Clock", 3, Wire.field(3, 1)),
      Example("Clock", 4, Wire.field(4, 1_000)),
      Example("TracingServiceEvent", 1) {
        $0.more = packets(Wire.field(8, 7) + Wire.field(69, Wire.field(1, 1)))
      },
      Example("TracingServiceEvent", 5) {
        $0.more = packets(Wire.field(8, 7) + Wire.field(69, Wire.field(5, 1)))
      },
    ] + [3, 4, 8].map { Example("FtraceCpuStats", $0, Wire.field(UInt64($0), 1)) }
      + [8, 9, 10].map { Example("TraceStats", $0, Wire.field(UInt64($0), 1)) }
      + [3, 6, 9, 18, 19, 22].map { Example("BufferStats", $0, Wire.field(UInt64($0), 1)) }
  }()

  static let processExamples: [Example] = {
    func process(_ fields: [UInt8]) -> (inout TraceBuilder) -> Void {
      { $0.tree = Wire.field(1, fields) }
    }
    let plain = Wire.field(1, 500) + Wire.field(2, 1) + Wire.field(3, "app")
    return [
      Example("ProcessTree", 1, process(plain + Wire.field(8, 1)), from: { $0.tree = nil }),
      Example("ProcessTree", 2) {
        $0.tree? += Wire.field(2, Wire.field(1, 500) + Wire.field(3, 2))
      },
      Example(
        "Process", 1, process(plain + Wire.field(8, 1) + Wire.field(1, 501)),
        from: process(plain + Wire.field(8, 1))),
      Example("Process", 2, process(plain + Wire.field(2, 2)), from: process(plain)),
      Example("Process", 8, process(plain + Wire.field(8, 1)), from: process(plain)),
      Example("Thread", 1) {
        $0.tree? += Wire.field(2, Wire.field(1, 500) + Wire.field(3, 2))
      } from: {
        $0.tree? += Wire.field(2, Wire.field(1, 702) + Wire.field(3, 2))
      },
      Example("Thread", 3) {
        $0.tree? += Wire.field(2, Wire.field(1, 500) + Wire.field(3, 2))
      } from: {
        $0.tree? += Wire.field(2, Wire.field(1, 500) + Wire.field(3, 500))
      },
    ]
  }()

  @Test func everyUsedFieldMakesADifference() throws {
    let examples =
      Self.packetExamples + Self.bundleExamples + Self.statisticsExamples + Self.processExamples
    for example in examples {
      #expect(
        Self.outcome(example.with) != Self.outcome(example.without),
        "\(example.message) \(example.number)")
    }
    for message in TraceMessage.all {
      let shown = Set(examples.filter { $0.message == message.name }.map(\.number))
      var used = Set(message.used.keys)
      // The name of a process is what a filter is held against: see ProcessNameTests.
      if message.name == "Process" { used.remove(3) }
      #expect(shown == used, "\(message.name)")
    }
  }

  /// Fields of perfetto's definitions, where its Python package is at hand.
  @Test(.enabled(if: PerfettoPython.isThere, PerfettoPython.absence))
  func theTableHasEveryFieldOfThisDefinition() throws {
    let script = """
      from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as p
      def show(message):
          for field in message.fields:
              print(message.full_name, field.number, field.name)
          for inner in message.nested_types:
              show(inner)
      for message in p.DESCRIPTOR.message_types_by_name.values():
          show(message)
      """
    let text = try #require(try PerfettoPython.output(of: script))
    var names: [String: [Int: String]] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      let number = try #require(Int(words[1]))
      names[String(words[0]), default: [:]][number] = String(words[2])
    }
    let outer = [
      "CompactSched": "FtraceEventBundle", "BufferStats": "TraceStats", "Clock": "ClockSnapshot",
      "Process": "ProcessTree", "Thread": "ProcessTree",
    ]
    for message in TraceMessage.all {
      let place = "perfetto.protos." + (outer[message.name].map { "\($0)." } ?? "")
      let defined = try #require(names[place + message.name], "\(message.name)")
      let listed = message.used.merging(message.harmless) { $1 }.merging(message.refusing) { $1 }
      for (number, name) in defined where !message.foreign.contains(where: { $0 ~= number }) {
        #expect(listed[number] == name, "\(message.name) \(number)")
      }
    }
  }
}

extension String {
  /// Messages that are read at one go know numbers up to 62 apart from each other.
  fileprivate var shortest: Int {
    ["FtraceCpuStats", "Clock", "Process", "Thread"].contains(self) ? 63 : .max
  }
}
