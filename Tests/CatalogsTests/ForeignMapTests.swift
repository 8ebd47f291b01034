import Testing

@testable import Catalogs

struct ForeignMapTests {
  private func number(_ value: UInt64, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  @Test("slots of a value are counts by its key, over all CPUs where each has its own")
  func slots() {
    var map = ForeignMap(
      map: "hists", counts: .slots(offset: 4, count: 8), width: 4, isPerCPU: true, valueSize: 36)
    let value = number(9, 4) + (0..<8).flatMap { number($0, 4) } + number(0, 4)
    var reading: ForeignMap.Reading = [:]
    map.add(key: [1], value: value + value, to: &reading)
    #expect(reading == [[1]: [1: 2, 2: 4, 3: 6, 4: 8, 5: 10, 6: 12, 7: 14]])
    map.isPerCPU = false
    reading = [:]
    map.add(key: [1], value: value, to: &reading)
    #expect(reading[[1]]?[7] == 7)
    // Too short a value has nothing.
    map.add(key: [2], value: Array(value.prefix(35)), to: &reading)
    #expect(reading[[2]] == nil)
  }

  @Test("variables that follow each other are told by their index")
  func elements() {
    var map = ForeignMap(
      map: ".bss", counts: .slots(offset: 0, count: 8), width: 8, isPerCPU: false, valueSize: 132)
    map.start = 4
    map.stride = 64
    map.elements = 2
    var reading: ForeignMap.Reading = [:]
    let value = number(7, 4) + (0..<16).flatMap { number($0 == 3 ? 5 : $0 == 8 ? 6 : 0, 8) }
    map.add(key: number(0, 4), value: value + [1, 2, 3], to: &reading)
    #expect(reading == [number(0, 4): [3: 5], number(1, 4): [0: 6]])
  }

  @Test("a slot in the key is no part of the label, and what is above the last is no count")
  func buckets() {
    let map = ForeignMap(
      map: "latency", counts: .bucket(offset: 4, size: 4, last: 2), width: 8, isPerCPU: false,
      valueSize: 8)
    var reading: ForeignMap.Reading = [:]
    for (slot, count) in [(0, 3), (2, 4), (3, 1000)] as [(UInt64, UInt64)] {
      map.add(key: number(8, 4) + number(slot, 4), value: number(count, 8), to: &reading)
    }
    map.add(key: [1, 2], value: number(1, 8), to: &reading)
    #expect(reading == [number(8, 4) + number(0, 4): [0: 3, 2: 4]])
  }

  @Test("an entry that came twice counts once, as it came last")
  func twice() {
    let map = ForeignMap(
      map: "hists", counts: .slots(offset: 0, count: 8), width: 4, isPerCPU: false, valueSize: 32)
    let (early, late) = (3 as UInt64, 5 as UInt64)
    let values = [early, 9, late].map { number($0, 4) + [UInt8](repeating: 0, count: 28) }
    #expect(
      map.reading(of: [([1], values[0]), ([2], values[1]), ([1], values[2])])
        == [[1]: [0: 5], [2]: [0: 9]])
  }

  @Test("a window has what came to it; what began again is counted from its begin")
  func difference() {
    let first: ForeignMap.Reading = [[1]: [0: 5, 1: 7], [2]: [4: 9]]
    let last: ForeignMap.Reading = [[1]: [0: 5, 1: 9, 2: 1], [2]: [4: 3], [3]: [0: 1]]
    #expect(last.since(first) == [[1]: [1: 2, 2: 1], [2]: [4: 3], [3]: [0: 1]])
  }

  @Test("slots are ranges in the metric's unit")
  func ranges() {
    var map = ForeignMap(
      map: "hists", counts: .slots(offset: 0, count: 27), width: 4, isPerCPU: false,
      valueSize: 108)
    #expect(map.range(ofSlot: 0) == 0...1)
    #expect(map.range(ofSlot: 3) == 8...15)
    map.scale = 1000
    #expect(map.range(ofSlot: 0) == 0...1999)
    #expect(map.range(ofSlot: 10) == 1_024_000...2_047_999)
    #expect(map.range(ofSlot: 63).upperBound == UInt64.max)
  }
}
