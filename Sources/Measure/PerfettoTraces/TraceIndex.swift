/// A first pass over a trace: where its kernel events are, and all that is not events.
struct TraceIndex {
  /// The events that one CPU wrote between two reads.
  struct Bundle {
    var cpu: UInt32
    /// Of the FtraceEventBundle.
    var range: Range<Int>
    /// Events between the bundle before and this one may be missing.
    var followsLoss: Bool
  }

  var facts = TraceFacts()
  private(set) var bundles: [Bundle] = []
  /// By process id.
  private(set) var processes: [UInt32: TracedProcess] = [:]
  /// Process id by thread id.
  private(set) var processOfThread: [UInt32: UInt32] = [:]
  /// Fields of FtraceEvent that hold an event somewhere in the trace.
  private(set) var eventFields: Set<Int> = []
  /// Scheduling as columns, which leave out what most fields say.
  private(set) var hasCompactScheduling = false
  /// Of all kernel events, in the clock they have, from where on every CPU's are there.
  private(set) var firstNs = UInt64.max
  private(set) var lastNs: UInt64 = 0

  let data: [UInt8]
  /// What the trace is to be folded to.
  let metrics: FoldMetrics
  private var coverage = TraceCoverage()
  private var statistics = BufferStatistics()
  private var sequences = PacketSequences()
  private var suspension = SuspendedTime()
  private var gaps = GapList()
  /// Clocks of bundles, and the machines that have any.
  private var clocks: Set<UInt64> = []

  /// Reads a trace without packed parts.
  init(_ data: [UInt8], _ metrics: FoldMetrics) throws(PerfettoTraceError) {
    self.data = data
    self.metrics = metrics
    let machine = try Self.machine(of: data)
    var trace = WireReader(data, 0..<data.count)
    var packets = 0
    while let field = try trace.next() {
      guard field.number == 1, field.isBytes else {
        throw .malformed(offset: field.offset, problem: "field \(field.number) is no packet")
      }
      if packets & 0xff == 0, Task.isCancelled { throw .interrupted }
      packets += 1
      let packet = try TracePacket(data, field.bytes)
      guard packet.machine == machine.number else { continue }
      try take(packet)
    }
    if let note = machine.note { facts.omissions.append(note) }
    finish()
    facts.gaps = gaps.all
  }

  /// Whether there is any kernel event.
  var hasEvents: Bool { firstNs <= lastNs }

  /// Whose events are read: the machine that perfetto's service runs on, when it has any.
  private static func machine(
    of data: [UInt8]
  ) throws(PerfettoTraceError) -> (number: UInt64, note: String?) {
    var trace = WireReader(data, 0..<data.count)
    var found: Set<UInt64> = []
    while let field = try trace.next() {
      var packet = WireReader(data, field.bytes)
      var machine: UInt64 = 0
      var hasEvents = false
      while let field = try packet.next() {
        if field.number == 1 { hasEvents = true }
        if field.number == 98 { machine = field.number64 }
      }
      if hasEvents { found.insert(machine) }
    }
    guard let first = found.min() else { return (0, nil) }
    let note =
      found.count > 1
      ? "the trace has kernel events of \(found.count) machines: those of "
        + (first == 0 ? "the one that recorded" : "machine \(first)") + " were read" : nil
    return (first, note)
  }

  private mutating func take(_ packet: TracePacket) throws(PerfettoTraceError) {
    for reason in packet.refusals { gaps.add(TraceGap(reason: reason)) }
    let lost = sequences.isAfterLoss(packet)
    if let defaults = packet.defaults { try sequences.take(defaults, of: packet, data) }
    if lost { coverage.lost(sequence: packet.sequence) }
    guard let payload = packet.payload else { return }
    if sequences.lacksState(packet) {
      gaps.add(
        TraceGap(reason: "a packet refers to another one that perfetto's buffer lost"))
    }
    switch payload.number {
    case 1: try bundle(payload.bytes, of: packet)
    case 2:
      if lost {
        gaps.add(
          TraceGap(
            reason: "names of processes were lost in perfetto's buffer", isOfClasses: true))
      }
      try processTree(payload.bytes)
    case 6: try clocks(payload.bytes)
    case 33: try statistics.config(payload.bytes, data)
    case 34: try ftraceStats(payload.bytes, of: packet)
    case 35: try refuse(statistics.take(payload.bytes, data))
    case 45: try systemInfo(payload.bytes)
    case 50, 133:
      gaps.add(TraceGap(reason: "compressed packets hold compressed packets"))
    case 69: try serviceEvent(payload.bytes, of: packet)
    case 124: try statistics.provenance(payload.bytes, data)
    case 138: facts.notes.append("the trace was recovered after the device started again")
    default: break
    }
  }

  /// Notes fields that keep the trace from counting.
  private mutating func refuse(_ reasons: [String]) {
    for reason in reasons { gaps.add(TraceGap(reason: reason)) }
  }

  private mutating func refuse(_ field: WireField, of message: TraceMessage) {
    if let reason = message.refusal(of: field.number) { refuse([reason]) }
  }

  private mutating func finish() {
    let sources = coverage.sources
    for gap in coverage.finish(
      lastNs: lastNs, startMayBeLost: statistics.startMayBeLost(sources), metrics: metrics)
    {
      gaps.add(gap)
    }
    if !sequences.arePresent || !coverage.hasOrderedEnd {
      refuse(statistics.losses(of: sources))
    }
    if coverage.mayBeginEarlier {
      gaps.add(
        TraceGap(
          reason: "events from before the recording were kept", until: facts.startedNs ?? .max))
    }
    if clocks.count > 1 { refuse(["its events have several clocks"]) }
    facts.isBootTime = clocks.isSubset(of: [0])
    for gap in suspension.gaps {
      gaps.add(facts.isBootTime ? gap : TraceGap(reason: gap.reason))
    }
    guard firstNs < coverage.wholeFrom, firstNs <= lastNs else { return }
    let begin = min(coverage.wholeFrom, lastNs)
    facts.omissions.append(
      "the first \(seconds(begin - firstNs)) were left out: not every CPU's events are there")
    firstNs = begin
  }

  /// A TracingServiceEvent: all data sources started, or tracing disabled.
  private mutating func serviceEvent(
    _ range: Range<Int>, of packet: TracePacket
  ) throws(PerfettoTraceError) {
    // BuiltinClock 6 is CLOCK_BOOTTIME, and what a packet has that names none.
    let clock = packet.clock ?? sequences.clock(of: packet) ?? 6
    let timestamp = clock == 6 ? packet.timestamp : nil
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1: facts.startedNs = facts.startedNs ?? timestamp
      case 5: facts.endedNs = timestamp
      default: refuse(field, of: .serviceEvent)
      }
    }
  }

  private mutating func bundle(
    _ range: Range<Int>, of packet: TracePacket
  ) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    var seen = TraceCoverage.Bundle(
      sequence: packet.sequence, mayBeginLate: sequences.mayBeginLate(packet))
    var clock: UInt64 = 0
    while let field = try reader.next() {
      switch field.number {
      case 1: seen.cpu = field.number32
      case 2: try event(field.bytes, &seen)
      case 3: seen.isAfterOverrun = field.number64 != 0
      case 4: try compactEvents(field.bytes, &seen)
      case 5: clock = field.number64
      case 8, 512: seen.isDamaged = true
      // The later definition of the two is the better one.
      case 9: seen.wholeFrom = seen.wholeFrom ?? field.number64
      case 10: seen.wholeFrom = field.number64
      default: refuse(field, of: .bundle)
      }
    }
    // FtraceClock: 0 boottime, 2 global, 4 mono_raw; 3 is local to each CPU.
    if ![0, 2, 4].contains(clock) {
      refuse([
        clock == 3
          ? "its events have a clock of their own on each CPU (local)"
          : "its events have a clock that is not known (\(clock))"
      ])
    }
    clocks.insert(clock)
    guard coverage.cpuCount < TraceCoverage.cpuLimit else {
      throw .tooLarge("events of \(TraceCoverage.cpuLimit) CPUs")
    }
    if let first = seen.firstNs, let last = seen.lastNs {
      firstNs = min(firstNs, first)
      lastNs = max(lastNs, last)
    }
    eventFields.formUnion(seen.events)
    let followsLoss = coverage.take(seen)
    bundles.append(Bundle(cpu: seen.cpu, range: range, followsLoss: followsLoss))
  }

  private mutating func event(
    _ range: Range<Int>, _ bundle: inout TraceCoverage.Bundle
  ) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1: bundle.happened(field.number64)
      // Thread id and flags.
      case 2, 5: break
      default:
        bundle.events.insert(field.number)
        // Every kind of event is a message of its own.
        if !field.isBytes {
          refuse(["field \(field.number) of FtraceEvent is not known to this version"])
        }
      }
    }
  }

  private mutating func compactEvents(
    _ range: Range<Int>, _ bundle: inout TraceCoverage.Bundle
  ) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    hasCompactScheduling = true
    while let field = try reader.next() {
      guard field.number == 1 || field.number == 7 else {
        refuse(field, of: .compactSched)
        continue
      }
      bundle.events.insert(field.number == 1 ? EventDecoding.switching : EventDecoding.waking)
      var column = WireReader(data, field.bytes)
      var ns: UInt64 = 0
      while let step = try column.nextPacked() {
        ns &+= step
        bundle.happened(ns)
      }
    }
  }

  private mutating func processTree(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        let process = try EventFields(data, field.bytes)
        for number in process.numbersSeen { refuse(number, of: .process) }
        let pid = process.word(1)
        // The command line's first word is the name, the rest are arguments. Everything kernel
        // threads are born from is thread 2, kthreadd.
        processes[pid] = TracedProcess(
          name: text(process.text(3)), parent: process.word(2),
          isKernel: process[8] != 0 || pid == 2 || process.word(2) == 2)
        processOfThread[pid] = pid
      case 2:
        let thread = try EventFields(data, field.bytes)
        for number in thread.numbersSeen { refuse(number, of: .thread) }
        processOfThread[thread.word(1)] = thread.word(3)
      default: refuse(field, of: .processTree)
      }
    }
  }

  private mutating func refuse(_ number: Int, of message: TraceMessage) {
    if let reason = message.refusal(of: number) { refuse([reason]) }
  }

  private mutating func clocks(_ range: Range<Int>) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    var times: [UInt64: UInt64] = [:]
    while let field = try reader.next() {
      guard field.number == 1 else {
        refuse(field, of: .clockSnapshot)
        continue
      }
      let clock = try EventFields(data, field.bytes)
      for number in clock.numbersSeen { refuse(number, of: .clock) }
      // Relative to an earlier one.
      guard clock[3] == 0 else { continue }
      times[clock[1]] = clock[2] &* max(clock[4], 1)
    }
    // BuiltinClock: 1 realtime, 3 monotonic, 6 boottime.
    if facts.realtimeNs == nil { facts.realtimeNs = times[1] }
    if let monotonic = times[3], let boottime = times[6] {
      suspension.add(monotonic: monotonic, boottime: boottime)
    }
  }

  private mutating func ftraceStats(
    _ range: Range<Int>, of packet: TracePacket
  ) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    var isEnd = false
    var lost: [UInt64: UInt64] = [:]
    while let field = try reader.next() {
      switch field.number {
      case 1: isEnd = field.number64 == 2
      case 2:
        let cpu = try EventFields(data, field.bytes)
        for number in cpu.numbersSeen { refuse(number, of: .cpuStats) }
        lost[cpu[1]] = cpu[3] &+ cpu[4] &+ cpu[8]
      case 6: facts.unknownEvents.insert(text(field.bytes))
      case 7: facts.refusedEvents.insert(text(field.bytes))
      case 8 where field.number64 != 0: coverage.mayBeginEarlier = true
      case 9: coverage.hasParseErrors = true
      default: refuse(field, of: .ftraceStats)
      }
    }
    coverage.statistics(lost: lost, isEnd: isEnd, sequence: packet.sequence, lastNs: lastNs)
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
