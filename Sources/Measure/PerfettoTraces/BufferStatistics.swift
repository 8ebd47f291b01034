/// What perfetto says of its own buffers, and which of them the kernel's events were in.
struct BufferStatistics {
  private struct Buffer {
    /// Chunks overwritten before they were read.
    var overwritten: UInt64 = 0
    /// Data lost in any other way.
    var lost: UInt64 = 0
  }

  private var buffers: [Buffer] = []
  private var isThere = false
  /// Data lost before it came into any buffer.
  private var lostBefore: UInt64 = 0
  /// Buffer by sequence, as the statistics and the trace's own provenance have it.
  private var bufferOfSequence: [UInt64: Int] = [:]
  /// Of the data sources called linux.ftrace.
  private var configured: Set<Int> = []
  private var isConfigured = false

  /// Takes a TraceStats: the last one of a trace is the one that counts.
  /// - Returns: why the trace does not count.
  mutating func take(_ range: Range<Int>, _ data: [UInt8]) throws(PerfettoTraceError) -> [String] {
    var reasons: [String] = []
    func refuse(_ number: Int, of message: TraceMessage) {
      if let reason = message.refusal(of: number) { reasons.append(reason) }
    }
    isThere = true
    buffers = []
    lostBefore = 0
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        var buffer = Buffer()
        var counters = WireReader(data, field.bytes)
        while let counter = try counters.next() {
          switch counter.number {
          case 3: buffer.overwritten = counter.number64
          case 6, 9, 18, 19, 22: buffer.lost |= counter.number64
          default: refuse(counter.number, of: .bufferStats)
          }
        }
        buffers.append(buffer)
      case 8, 9, 10: lostBefore |= field.number64
      case 11:
        if try EventFields(data, field.bytes)[4] != 0 {
          reasons.append("the trace's filter had errors, and removed whole packets")
        }
      case 18:
        let writer = try EventFields(data, field.bytes)
        if writer.has([4]) { bufferOfSequence[writer[1]] = Int(clamping: writer[4]) }
      default: refuse(field.number, of: .traceStats)
      }
    }
    return reasons
  }

  /// Takes a TraceConfig: where the kernel's events were to go.
  mutating func config(_ range: Range<Int>, _ data: [UInt8]) throws(PerfettoTraceError) {
    var names: [String] = []
    var targets: [(number: Int, name: String?)] = []
    var reader = WireReader(data, range)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        names.append(
          String(decoding: data[try EventFields(data, field.bytes).text(7)], as: UTF8.self))
      case 2:
        var source = WireReader(data, field.bytes)
        while let part = try source.next() {
          guard part.number == 1 else { continue }
          let config = try EventFields(data, part.bytes)
          guard data[config.text(1)].elementsEqual("linux.ftrace".utf8) else { continue }
          let name = String(decoding: data[config.text(11)], as: UTF8.self)
          targets.append((Int(clamping: config[2]), name.isEmpty ? nil : name))
        }
      default: break
      }
    }
    isConfigured = !targets.isEmpty
    configured = Set(
      targets.compactMap { target in
        guard let name = target.name else { return target.number }
        return names.firstIndex(of: name)
      })
  }

  /// Takes a TraceProvenance: the sequences of each buffer.
  mutating func provenance(_ range: Range<Int>, _ data: [UInt8]) throws(PerfettoTraceError) {
    var reader = WireReader(data, range)
    var number = 0
    while let field = try reader.next() {
      guard field.number == 2 else { continue }
      var buffer = WireReader(data, field.bytes)
      while let sequence = try buffer.next() {
        guard sequence.number == 1 else { continue }
        bufferOfSequence[try EventFields(data, sequence.bytes)[1]] = number
      }
      number += 1
    }
  }

  /// The buffers that the kernel's events were in; nil when it is not known.
  private func buffers(of sources: Set<UInt64>) -> [Buffer]? {
    var numbers = Set(sources.compactMap { bufferOfSequence[$0] })
    if sources.isEmpty || sources.contains(where: { bufferOfSequence[$0] == nil }) {
      guard isConfigured else { return buffers.count == 1 ? buffers : nil }
      numbers.formUnion(configured)
    }
    guard numbers.allSatisfy(buffers.indices.contains) else { return nil }
    return numbers.map { buffers[$0] }
  }

  /// Whether the first packets of the kernel's events may have been overwritten.
  func startMayBeLost(_ sources: Set<UInt64>) -> Bool {
    guard isThere, let found = buffers(of: sources) else { return true }
    return found.contains { $0.overwritten > 0 }
  }

  /// Losses by the counters alone, for a trace whose packets do not show them.
  func losses(of sources: Set<UInt64>) -> [String] {
    let lossy = "perfetto's own buffer lost data"
    if lostBefore != 0 { return [lossy] }
    if let found = buffers(of: sources) {
      return found.contains { $0.lost | $0.overwritten != 0 } ? [lossy] : []
    }
    // One of them lost nothing: its packets would say so, had they been in another one.
    return buffers.isEmpty || buffers.contains { $0.lost | $0.overwritten == 0 } ? [] : [lossy]
  }
}
