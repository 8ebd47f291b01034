/// Protocol buffers, written by hand.
enum Wire {
  static func varint(_ value: UInt64) -> [UInt8] {
    var value = value
    var bytes: [UInt8] = []
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7f) | 0x80)
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }

  static func field(_ number: UInt64, _ value: UInt64) -> [UInt8] {
    varint(number << 3) + varint(value)
  }

  static func field(_ number: UInt64, _ message: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(message.count)) + message
  }

  static func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
}

/// A trace of two CPUs: every millisecond thread 900 on CPU 1 wakes thread 500, which comes to CPU 0
/// after 50 us and leaves it 200 us later.
///
/// Each packet can be changed before ``bytes`` writes them one after the other.
struct TraceBuilder {
  static let begin: UInt64 = 10_000_000_000
  static let step: UInt64 = 1_000_000
  static let wait: UInt64 = 50_000

  /// Packets' fields, by what they are.
  var system = Wire.field(
    45,
    Wire.field(1, Wire.field(3, "6.1.75-android14-11") + Wire.field(4, "aarch64"))
      + Wire.field(2, "acme/board"))
  /// Of a ProcessTree.
  var tree: [UInt8]?
  var startStats: [UInt8]? = Wire.field(34, statistics(phase: 1))
  var bundles: [[UInt8]] = []
  var endStats: [UInt8]? = Wire.field(34, statistics(phase: 2))
  var traceStats: [UInt8]? = Wire.field(35, Wire.field(1, Wire.field(1, 1000) + Wire.field(2, 10)))
  /// Whole packets.
  var more: [UInt8] = []

  /// Bundles of `size` wakings each, of both CPUs in turns.
  init(wakings: Int = 50, bundlesOf size: Int = 50) {
    let known: [(pid: UInt64, parent: UInt64, words: [String])] = [
      (1, 0, ["/system/bin/init"]), (2, 0, ["kthreadd"]),
      (500, 1, ["/vendor/bin/fio", "--name=seqwrite", "/data/fio.job"]),
      (900, 1, ["/system/bin/waker"]),
    ]
    tree = known.flatMap { pid, parent, words in
      let name = words.flatMap { Wire.field(3, $0) }
      return Wire.field(1, Wire.field(1, pid) + Wire.field(2, parent) + name)
    }
    for first in stride(from: 0, to: wakings, by: size) {
      let steps = first..<min(first + size, wakings)
      for cpu in 0..<2 as Range<UInt64> {
        bundles.append(Self.packet(Self.bundle(cpu, steps)))
      }
    }
  }

  var bytes: [UInt8] {
    let tree = tree.map { Wire.field(2, $0) }
    let packets = [system, tree, startStats].compactMap(\.self) + bundles
    return (packets + [endStats, traceStats].compactMap(\.self)).flatMap { Wire.field(1, $0) }
      + more
  }

  /// Fields of a packet of the sequence that kernel events have here.
  static func packet(_ bundle: [UInt8], _ more: [UInt8] = []) -> [UInt8] {
    Wire.field(1, bundle) + Wire.field(3, 9999) + Wire.field(10, 1) + more
  }

  /// An FtraceEventBundle of some wakings.
  static func bundle(_ cpu: UInt64, _ steps: Range<Int>, _ more: [UInt8] = []) -> [UInt8] {
    let events = steps.flatMap { step -> [UInt8] in
      let ns = begin + UInt64(step) * Self.step
      return cpu == 1
        ? wakeup(ns)
        : switched(ns + wait, from: 0, to: 500) + switched(ns + wait + 200_000, from: 500, to: 0)
    }
    return Wire.field(1, cpu) + events + more
  }

  static func event(_ ns: UInt64, _ tid: UInt64, _ number: UInt64, _ fields: [UInt8]) -> [UInt8] {
    Wire.field(2, Wire.field(1, ns) + Wire.field(2, tid) + Wire.field(number, fields))
  }

  private static func wakeup(_ ns: UInt64) -> [UInt8] {
    event(ns, 900, 17, Wire.field(1, "c500") + Wire.field(2, 500) + Wire.field(3, 120))
  }

  private static func switched(_ ns: UInt64, from: UInt64, to: UInt64) -> [UInt8] {
    event(
      ns, from, 4,
      Wire.field(2, from) + Wire.field(3, 120) + Wire.field(4, from == 0 ? 0 : 1)
        + Wire.field(6, to) + Wire.field(7, 120))
  }

  /// An FtraceStats.
  static func statistics(phase: UInt64, overrun: UInt64 = 0) -> [UInt8] {
    Wire.field(1, phase)
      + (0..<2).flatMap { Wire.field(2, Wire.field(1, $0) + Wire.field(3, overrun)) }
  }
}
