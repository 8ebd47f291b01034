/// A first pass over a trace: where its kernel events are, and all that is not events.
struct TraceIndex {
  /// The events that one CPU wrote between two reads.
  struct Bundle {
    var cpu: UInt32
    /// Of the FtraceEventBundle.
    var range: Range<Int>
  }

  private(set) var facts = TraceFacts()
  private(set) var bundles: [Bundle] = []
  /// By process id.
  private(set) var processes: [UInt32: TracedProcess] = [:]
  /// Process id by thread id.
  private(set) var processOfThread: [UInt32: UInt32] = [:]
  /// Fields of FtraceEvent that hold an event somewhere in the trace.
  private(set) var eventFields: Set<Int> = []
  /// Of all kernel events, in the clock they have.
  private(set) var firstNs = UInt64.max
  private(set) var lastNs: UInt64 = 0

  private let data: [UInt8]
  /// Lost events by CPU at the start of the trace.
  private var lostBefore: [UInt64: UInt64] = [:]

  init(_ data: [UInt8]) throws(PerfettoTraceError) {
    self.data = data
    var trace = WireReader(data, 0..<data.count)
    while let field = try trace.next() {
      guard field.number == 1 else {
        throw .malformed(offset: field.offset, problem: "field \(field.number) is no packet")
      }
      try packet(field.bytes)
    }
  }

  /// Whether there is any kernel event.
  var hasEvents: Bool { firstNs <= lastNs }

  private mutating func packet(_ range: Range<Int>) throws(PerfettoTraceError) {
    var packet = WireReader(data, range)
    var timestamp: UInt64?
    var served: Range<Int>?
    while let field = try packet.next() {
      switch field.number {
      case 8: timestamp = field.number64
      case 69: served = field.bytes
      case 1: try bundle(field.bytes)
      case 2: try processTree(field.bytes)
      case 6: try clocks(field.bytes)
      case 34: try ftraceStats(field.bytes)
      case 35: try traceStats(field.bytes)
      case 45: try systemInfo(field.bytes)
      case 50: throw .compressed(offset: field.offset)
      default: break
      }
    }
    if let served { try serviceEvent(served, at: timestamp) }
  }

  /// A TracingServiceEvent: all data sources started, or tracing disabled.
  private mutating func serviceEvent(
    _ range: Range<Int>, at timestamp: UInt64?
  ) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1: facts.startedNs = facts.startedNs ?? timestamp
      case 5: facts.endedNs = timestamp
      default: break
      }
    }
  }

  private mutating func bundle(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    var bundle = Bundle(cpu: 0, range: range)
    while let field = try reader.next() {
      switch field.number {
      case 1: bundle.cpu = field.number32
      case 2: try event(field.bytes)
      case 4: try compactEvents(field.bytes)
      case 3 where field.number64 != 0:
        facts.gap("the kernel's buffer of CPU \(bundle.cpu) overran")
      case 5 where field.number64 != 0: facts.isBootTime = false
      case 8: facts.gap("perfetto could not parse a page of CPU \(bundle.cpu)")
      default: break
      }
    }
    bundles.append(bundle)
  }

  private mutating func event(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      if field.number == 1 { happened(field.number64) }
      // Besides the time: thread id and flags.
      if ![1, 2, 5].contains(field.number) { eventFields.insert(field.number) }
    }
  }

  private mutating func compactEvents(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      guard field.number == 1 || field.number == 7 else { continue }
      eventFields.insert(field.number == 1 ? EventDecoding.switching : EventDecoding.waking)
      var column = WireReader(data, field.bytes)
      var ns: UInt64 = 0
      while let step = try column.nextPacked() {
        ns &+= step
        happened(ns)
      }
    }
  }

  private mutating func happened(_ ns: UInt64) {
    firstNs = min(firstNs, ns)
    lastNs = max(lastNs, ns)
  }

  private mutating func processTree(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        let process = try EventFields(data, field.bytes)
        let pid = process.word(1)
        // The command line's first word is the name, the rest are arguments. Everything kernel
        // threads are born from is thread 2, kthreadd.
        processes[pid] = TracedProcess(
          name: text(process.text(3)), parent: process.word(2),
          isKernel: process[8] != 0 || pid == 2 || process.word(2) == 2)
        processOfThread[pid] = pid
      case 2:
        let thread = try EventFields(data, field.bytes)
        processOfThread[thread.word(1)] = thread.word(3)
      default: break
      }
    }
  }

  private mutating func clocks(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    var times: [UInt64: UInt64] = [:]
    while let field = try reader.next() {
      guard field.number == 1 else { continue }
      let clock = try EventFields(data, field.bytes)
      times[clock[1]] = clock[2]
    }
    // BuiltinClock: 1 realtime, 3 monotonic, 6 boottime.
    if facts.realtimeNs == nil { facts.realtimeNs = times[1] }
    if let monotonic = times[3], let boottime = times[6] {
      facts.suspendedNs.append(Int64(truncatingIfNeeded: boottime &- monotonic))
    }
  }

  private mutating func ftraceStats(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    var isEnd = false
    var lost: [UInt64: UInt64] = [:]
    while let field = try reader.next() {
      switch field.number {
      case 1: isEnd = field.number64 == 2
      case 2:
        let cpu = try EventFields(data, field.bytes)
        lost[cpu[1]] = cpu[3] &+ cpu[4] &+ cpu[8]
      case 6: facts.unknownEvents.insert(text(field.bytes))
      case 7:
        facts.refusedEvents.insert(text(field.bytes))
        facts.gap("the kernel refused event \(text(field.bytes))")
      case 9: facts.gap("perfetto could not parse a page of the kernel's buffer")
      default: break
      }
    }
    if !isEnd { lostBefore = lost }
    for (cpu, count) in lost where isEnd && count > lostBefore[cpu] ?? 0 {
      facts.gap("the kernel's buffer of CPU \(cpu) overran")
    }
  }

  private mutating func traceStats(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      guard field.number == 1 else { continue }
      var buffer = WireReader(data, field.bytes)
      while let counter = try buffer.next() {
        // BufferStats: chunks_overwritten, patches_failed, chunks_discarded,
        // trace_writer_packet_loss.
        if [3, 6, 18, 19].contains(counter.number), counter.number64 != 0 {
          facts.gap("perfetto's own buffer lost data")
        }
      }
    }
  }

  private mutating func systemInfo(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        let name = try EventFields(data, field.bytes)
        facts.kernelVersion = text(name.text(2))
        facts.kernelRelease = text(name.text(3))
        facts.machine = text(name.text(4))
      case 2: facts.fingerprint = text(field.bytes)
      case 9: facts.socModel = text(field.bytes)
      case 14: facts.manufacturer = text(field.bytes)
      default: break
      }
    }
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: data[range], as: UTF8.self)
  }
}
