/// From where to where the events of each CPU are there.
///
/// Perfetto reads the buffers of the CPUs one after the other, so that each CPU's events begin and end
/// at another time; the trace as a whole begins with the last of them to begin.
struct TraceCoverage {
  /// CPUs that a trace may have: as many as Linux can.
  static let cpuLimit = 8192

  /// What an FtraceEventBundle says of the events in it.
  struct Bundle {
    var cpu: UInt32 = 0
    /// Of the packet around it.
    var sequence: UInt64
    /// The sequence may have had packets before the first.
    var mayBeginLate: Bool
    /// The kernel's buffer overran before the first event.
    var isAfterOverrun = false
    /// Something in it could not be understood.
    var isDamaged = false
    /// From where on nothing is missing, by what perfetto read before.
    var wholeFrom: UInt64?
    /// Nil without events.
    private(set) var firstNs: UInt64?
    private(set) var lastNs: UInt64?
    /// Fields of FtraceEvent.
    var events: Set<Int> = []

    init(sequence: UInt64, mayBeginLate: Bool) {
      self.sequence = sequence
      self.mayBeginLate = mayBeginLate
    }

    mutating func happened(_ ns: UInt64) {
      firstNs = min(firstNs ?? ns, ns)
      lastNs = max(lastNs ?? ns, ns)
    }
  }

  private struct CPU {
    /// Of the events so far; nil before the first.
    var lastNs: UInt64?
    /// What is missing since then: ends with the next event.
    var pending: [(reason: String, from: UInt64, toFirstEvent: Bool)] = []
    /// Whether packets that were lost are among it: more of them say nothing new.
    var isDropped = false
    /// Where its first bundle says that it is whole, and where its first event is.
    var wholeFrom: UInt64?
    var firstNs: UInt64?
    var hasOverrunMark = false
    /// Events by the sequence that they came in.
    var events: [UInt64: Set<Int>] = [:]

    mutating func drop(from ns: UInt64) {
      pending.append((TraceCoverage.dropped, ns, false))
      isDropped = true
    }
  }

  private struct Sequence {
    /// It may have had packets before the first; it did have bundles before the first.
    var mayBeginLate: Bool
    var beginsLate: Bool
    /// End statistics came after its last bundle; and up to where it was whole then.
    var hasEnd = false
    var sealedNs: UInt64 = 0
  }

  /// The reader met what it did not understand, somewhere.
  var hasParseErrors = false
  /// The kernel's buffer was not emptied at the start.
  var mayBeginEarlier = false

  private var cpus: [UInt32: CPU] = [:]
  /// Those that the next lost packets matter to.
  private var heard: Set<UInt32> = []
  /// Those that have bundles.
  private var sequences: [UInt64: Sequence] = [:]
  private var gaps = GapList()
  /// The first loss before any bundle of a CPU that has not shown itself.
  private var unseenLossFrom: UInt64?
  /// End statistics whose place says nothing: their sequence has no bundles, or no number.
  private var hasUnorderedEnd = false
  /// Sequences that lost packets before their first bundle.
  private var late: Set<UInt64> = []
  private var overrunsAtStart: [UInt64: UInt64] = [:]
  private var overrunsAtEnd: [UInt64: UInt64] = [:]
  private var hasDamage = false
  private var lastLossEnd: UInt64 = 0

  private static let overran = "the kernel's buffer overran"
  private static let dropped = "perfetto's buffer lost events"
  private static let damaged = "perfetto could not parse what the kernel wrote"

  var cpuCount: Int { cpus.count }
  /// Sequences that kernel events came in.
  var sources: Set<UInt64> { Set(sequences.keys) }
  /// Whether each of them ends with its end statistics, so that nothing can be missing after it.
  var hasOrderedEnd: Bool {
    !sequences.isEmpty && sequences.allSatisfy { $0.key != 0 && $0.value.hasEnd }
  }
  /// From where on the events of every CPU are there.
  private(set) var wholeFrom: UInt64 = 0

  /// A loss between two packets of a sequence.
  mutating func lost(sequence: UInt64) {
    guard sequences[sequence] != nil else {
      late.insert(sequence)
      return
    }
    unseenLossFrom = unseenLossFrom ?? cpus.values.compactMap(\.lastNs).min() ?? 0
    for cpu in heard {
      let from = cpus[cpu]?.lastNs ?? 0
      cpus[cpu]?.drop(from: from)
    }
    heard = []
  }

  /// Takes a bundle, in the order of the file.
  /// - Returns: whether events of its CPU before it may be missing.
  mutating func take(_ bundle: Bundle) -> Bool {
    var sequence =
      sequences[bundle.sequence]
      ?? Sequence(
        mayBeginLate: bundle.mayBeginLate, beginsLate: late.contains(bundle.sequence))
    if sequence.hasEnd, bundle.sequence != 0 { sequence.hasEnd = false }
    sequences[bundle.sequence] = sequence

    var cpu = cpus[bundle.cpu] ?? CPU()
    if cpus[bundle.cpu] == nil {
      cpu.wholeFrom = bundle.wholeFrom
      if let from = unseenLossFrom { cpu.drop(from: from) }
    }
    if bundle.isAfterOverrun {
      cpu.hasOverrunMark = true
      cpu.pending.append((Self.overran, cpu.lastNs ?? 0, true))
    }
    let followsLoss = !cpu.pending.isEmpty
    let before = cpu.lastNs
    if let first = bundle.firstNs, let last = bundle.lastNs {
      for loss in cpu.pending {
        let until = loss.toFirstEvent ? first : max(loss.from, bundle.wholeFrom ?? first)
        add(loss.reason, cpu: bundle.cpu, from: loss.from, until: until)
      }
      cpu.pending = []
      cpu.isDropped = false
      cpu.firstNs = cpu.firstNs ?? first
      cpu.lastNs = max(cpu.lastNs ?? last, last)
    }
    if bundle.isDamaged {
      hasDamage = true
      cpu.pending.append((Self.damaged, before ?? 0, true))
    }
    cpu.events[bundle.sequence, default: []].formUnion(bundle.events)
    cpus[bundle.cpu] = cpu
    if !cpu.isDropped { heard.insert(bundle.cpu) }
    return followsLoss
  }

  private mutating func add(_ reason: String, cpu: UInt32, from: UInt64, until: UInt64) {
    lastLossEnd = max(lastLossEnd, until)
    gaps.add(TraceGap(reason: "\(reason) (CPU \(cpu))", from: from, until: until))
  }

  /// Takes FtraceStats: events lost by CPU since the kernel's buffer was made.
  mutating func statistics(
    lost: [UInt64: UInt64], isEnd: Bool, sequence: UInt64, lastNs: UInt64
  ) {
    guard isEnd else {
      overrunsAtStart = lost
      return
    }
    overrunsAtEnd = lost
    if sequences[sequence] != nil {
      sequences[sequence]?.hasEnd = true
      sequences[sequence]?.sealedNs = lastNs
    } else {
      hasUnorderedEnd = true
    }
  }

  /// The gaps of the whole trace.
  mutating func finish(
    lastNs: UInt64, startMayBeLost: Bool, metrics: FoldMetrics
  ) -> [TraceGap] {
    wholeFrom =
      cpus.values.compactMap { cpu in
        let isLate = cpu.events.keys.compactMap { sequences[$0] }.contains {
          $0.beginsLate || startMayBeLost && $0.mayBeginLate
        }
        return cpu.wholeFrom ?? (isLate ? cpu.firstNs : nil)
      }.max() ?? 0
    for (number, cpu) in cpus.sorted(by: { $0.key < $1.key }) {
      // A CPU that has nothing more to say: as long as another one's events may be missing.
      for loss in cpu.pending {
        let until = loss.toFirstEvent || lastLossEnd <= loss.from ? UInt64.max : lastLossEnd
        add(loss.reason, cpu: number, from: loss.from, until: until)
      }
      checkSources(cpu, number, metrics)
    }
    for (number, count) in overrunsAtEnd.sorted(by: { $0.key < $1.key })
    where count > overrunsAtStart[number] ?? 0
      && cpus[UInt32(truncatingIfNeeded: number)]?.hasOverrunMark != true
    {
      gaps.add(TraceGap(reason: "\(Self.overran) (CPU \(number))"))
    }
    if hasParseErrors, !hasDamage { gaps.add(TraceGap(reason: Self.damaged)) }
    // What is lost before a CPU's first event is no part of the trace.
    for gap in gaps.all where gap.from == 0 && gap.until < lastNs {
      wholeFrom = max(wholeFrom, gap.until)
    }
    checkEnd()
    return gaps.all
  }

  /// The same event in two sequences would be counted two times.
  private mutating func checkSources(_ cpu: CPU, _ number: UInt32, _ metrics: FoldMetrics) {
    let sets = cpu.events.sorted { $0.key < $1.key }.map { source in
      source.value.filter(metrics.isUsed)
    }
    var all: Set<Int> = []
    for set in sets {
      guard all.isDisjoint(with: set) else {
        gaps.add(
          TraceGap(
            reason: "two data sources of the trace recorded the same events (CPU \(number))"))
        return
      }
      all.formUnion(set)
    }
  }

  /// Without end statistics it is not known that the last events were read.
  private mutating func checkEnd() {
    let isEnded = hasUnorderedEnd || sequences.values.allSatisfy(\.hasEnd)
    guard !cpus.isEmpty, !isEnded else { return }
    let sealed = sequences.values.map(\.sealedNs).max() ?? 0
    let silent = overrunsAtStart.keys.contains { cpus[UInt32(truncatingIfNeeded: $0)] == nil }
    let last = silent ? 0 : cpus.values.map { $0.lastNs ?? 0 }.min() ?? 0
    gaps.add(
      TraceGap(
        reason: "the trace has no end statistics of linux.ftrace, as when its session was killed"
          + " or the file is cut off, so its last events may be missing",
        from: max(sealed, last)))
  }
}
