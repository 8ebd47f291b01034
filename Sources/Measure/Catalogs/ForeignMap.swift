/// Where an object of another tool keeps a histogram by powers of two: slot n counts values from 2^n to
/// 2^(n+1) - 1, and slot 0 also 0.
package struct ForeignMap: Sendable, Equatable {
  /// What counts.
  package enum Counts: Sendable, Equatable {
    /// An array in each element of the value: bytes before it, and its numbers.
    case slots(offset: Int, count: Int)
    /// The value itself, for the slot that these bytes of the key say; those from `last` on are the
    /// last one, and one above is no slot but a sum.
    case bucket(offset: Int, size: Int, last: Int?)
  }

  /// As libbpf calls it; `.bss` for variables.
  package var map: String
  package var counts: Counts
  /// Bytes of a number that counts.
  package var width: Int
  /// Whether every CPU has a value of its own.
  package var isPerCPU: Bool
  /// Bytes of a value, of one CPU.
  package var valueSize: Int
  /// Of the variable in ``map``; 0 for maps.
  package var start = 0
  /// Bytes from one histogram to the next, and how many follow each other in a value.
  package var stride = 0
  package var elements = 1
  /// Of the numbers that were counted, in the metric's unit: 1000 for microseconds.
  package var scale: UInt64 = 1

  package init(map: String, counts: Counts, width: Int, isPerCPU: Bool, valueSize: Int) {
    self.map = map
    self.counts = counts
    self.width = width
    self.isPerCPU = isPerCPU
    self.valueSize = valueSize
  }
}

extension ForeignMap {
  /// The histograms in a map: events by slot, for each key without its slot.
  package typealias Reading = [[UInt8]: [Int: UInt64]]

  private static let mostSlots = 64

  /// What the entries of a map have. An entry that comes twice, as those of a map that changes while
  /// it is read may, counts as it came last.
  package func reading(of entries: [(key: [UInt8], value: [UInt8])]) -> Reading {
    var reading: Reading = [:]
    let last = Dictionary(entries.map { ($0.key, $0.value) }) { _, later in later }
    for (key, value) in last { add(key: key, value: value, to: &reading) }
    return reading
  }

  /// Adds what an entry has; what does not fit the layout is left out.
  ///
  /// - Parameters:
  ///   - key: of the map.
  ///   - value: of one CPU, or of all, each padded to 8.
  ///   - reading: what other entries gave.
  package func add(key: [UInt8], value: [UInt8], to reading: inout Reading) {
    guard valueSize > 0, valueSize <= value.count else { return }
    let ends = isPerCPU ? value.count - valueSize : 0
    for base in Swift.stride(from: 0, through: ends, by: (valueSize + 7) & ~7) {
      for element in 0..<elements {
        let at = base + start + element * stride
        switch counts {
        case .slots(let offset, let count):
          // An array of histograms is one by its index.
          let name = map != ".bss" ? key : stride == 0 || elements == 1 ? [] : Self.bytes(element)
          for slot in 0..<min(count, Self.mostSlots) {
            add(number(value, at + offset + slot * width), slot, name, &reading)
          }
        case .bucket(let offset, let size, let last):
          guard offset + size <= key.count else { return }
          let slot = Int(clamping: Self.number(key, offset, size))
          var name = key
          name.replaceSubrange(offset..<offset + size, with: Array(repeating: 0, count: size))
          if slot <= last ?? Self.mostSlots - 1 { add(number(value, at), slot, name, &reading) }
        }
      }
    }
  }

  private func add(_ count: UInt64, _ slot: Int, _ name: [UInt8], _ reading: inout Reading) {
    guard count > 0, slot < Self.mostSlots else { return }
    reading[name, default: [:]][slot, default: 0] &+= count
  }

  /// Values that a slot counts, in the metric's unit.
  package func range(ofSlot slot: Int) -> ClosedRange<UInt64> {
    func scaled(_ value: UInt64) -> UInt64 {
      let (product, overflow) = value.multipliedReportingOverflow(by: scale)
      return overflow ? .max : product
    }
    let low = slot == 0 ? 0 : UInt64(1) << UInt64(slot)
    let high = slot >= 63 ? UInt64.max : UInt64(1) << UInt64(slot + 1)
    return scaled(low)...max(scaled(low), scaled(high) - 1)
  }

  private func number(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    Self.number(bytes, offset, width)
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
    guard offset >= 0, offset + size <= bytes.count else { return 0 }
    return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func bytes(_ number: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}

extension ForeignMap.Reading {
  /// What was counted since an earlier reading. A number that is lower now was taken away meanwhile, and
  /// counts as begun again.
  package func since(_ earlier: Self) -> Self {
    var difference: Self = [:]
    for (key, slots) in self {
      for (slot, count) in slots {
        let before = earlier[key]?[slot] ?? 0
        let more = count >= before ? count - before : count
        if more > 0 { difference[key, default: [:]][slot] = more }
      }
    }
    return difference
  }
}

extension ProbeManifest {
  /// A probe of an object that another tool's authors wrote.
  ///
  /// - Parameters:
  ///   - name: of the probe.
  ///   - path: of the object.
  ///   - histograms: its maps by name, with the unit of what they count and what their keys say.
  ///   - settings: constants of the object.
  package init(
    foreign name: String, path: String,
    _ histograms: [(name: String, map: ForeignMap, unit: String, key: [KeyField])],
    settings: [String: UInt64]
  ) {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    self.init(
      name: name, title: file, question: "What does \(file) count?", object: file,
      foreignSettings: settings, cost: .medium, privacy: .names, comparedWith: nil, t0Events: [],
      metrics: histograms.map { found in
        ProbeMetric(
          name: "\(name).\(found.name)", help: "what \(found.name) of \(file) counted",
          unit: found.unit, map: found.name, counters: 0, isInT0: false, foreign: found.map,
          key: found.key)
      }, file: path)
  }
}
