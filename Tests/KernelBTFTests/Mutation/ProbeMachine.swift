import KernelTypes

/// Runs the programs of a probe's object as a kernel with given types would: relocated by them, over
/// memory that the test lays out. One CPU, no interrupts; a clock that moves with every look at it.
final class ProbeMachine {
  /// What a kernel would have refused, or this machine cannot do.
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  /// A map of the object, per-CPU or not.
  struct Map {
    var kind: UInt32
    var keySize: Int
    var valueSize: Int
    var mostEntries: UInt64
    /// Address of each value by its key.
    var entries: [[UInt8]: UInt64] = [:]

    var isArray: Bool { kind == 2 || kind == 6 }
  }

  /// Memory by the upper half of its addresses; the lower half is the place inside. 0 is NULL's.
  private var regions: [[UInt8]] = [[]]
  /// Maps by the address that stands for them.
  private(set) var maps: [UInt64: Map] = [:]
  private(set) var mapNames: [String: UInt64] = [:]
  /// `bpf_get_current_task()`, and its ids.
  var current: UInt64 = 0
  var currentIDs: UInt64 = 0
  private(set) var clock: UInt64 = 10_000
  private static let mostSteps = 100_000

  // MARK: - Memory

  func allocate(_ bytes: [UInt8]) -> UInt64 {
    regions.append(bytes)
    return UInt64(regions.count - 1) << 32
  }

  func addMap(_ name: String, _ map: Map) {
    let address = allocate([])
    maps[address] = map
    mapNames[name] = address
  }

  private func place(_ address: UInt64, _ size: Int) throws -> (Int, Int) {
    let (region, offset) = (Int(address >> 32), Int(address & 0xffff_ffff))
    guard regions.indices.contains(region), size >= 0, offset + size <= regions[region].count else {
      throw Fault(description: "\(size) bytes at \(String(address, radix: 16)) are not there")
    }
    return (region, offset)
  }

  func bytes(_ address: UInt64, _ size: Int) throws -> [UInt8] {
    let (region, offset) = try place(address, size)
    return Array(regions[region][offset..<(offset + size)])
  }

  func load(_ address: UInt64, _ size: Int) throws -> UInt64 {
    try bytes(address, size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func write(_ address: UInt64, _ bytes: [UInt8]) throws {
    let (region, offset) = try place(address, bytes.count)
    regions[region].replaceSubrange(offset..<(offset + bytes.count), with: bytes)
  }

  func store(_ address: UInt64, _ size: Int, _ value: UInt64) throws {
    try write(address, (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
  }

  /// What all maps hold, in an order that does not depend on addresses of values.
  func contents() throws -> [String] {
    try mapNames.sorted { $0.key < $1.key }.flatMap { name, address in
      try (maps[address]?.entries ?? [:]).map { key, place in
        "\(name) \(key): \(try bytes(place, maps[address]?.valueSize ?? 0))"
      }.sorted()
    }
  }

  // MARK: - Programs

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - code: relocated; addresses of maps and variables are in it.
  ///   - context: the memory that the program's argument points to.
  /// - Throws: ``Fault``.
  func run(_ code: [UInt64], context: UInt64) throws {
    var registers = [UInt64](repeating: 0, count: 11)
    registers[1] = context
    registers[10] = allocate([UInt8](repeating: 0, count: 512)) + 512
    var at = 0
    for _ in 0..<Self.mostSteps {
      guard code.indices.contains(at) else { throw Fault(description: "left the program") }
      let word = code[at]
      let operation = UInt8(truncatingIfNeeded: word)
      let target = Int(word >> 8 & 0xf)
      let source = Int(word >> 12 & 0xf)
      let offset = Int(Int16(truncatingIfNeeded: word >> 16))
      let constant = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: word >> 32)))
      let size = [4, 2, 1, 8][Int(operation >> 3 & 3)]
      at += 1
      switch operation & 7 {
      case 0:
        registers[target] = word >> 32 | (code[at] >> 32) << 32
        at += 1
      case 1:
        registers[target] = try load(registers[source] &+ UInt64(bitPattern: Int64(offset)), size)
      case 2: try store(registers[target] &+ UInt64(bitPattern: Int64(offset)), size, constant)
      case 3:
        guard operation & 0xe0 == 0x60 else { throw Fault(description: "atomic operation") }
        try store(registers[target] &+ UInt64(bitPattern: Int64(offset)), size, registers[source])
      case 4, 7:
        registers[target] = try compute(
          operation, registers[target], operation & 8 == 0 ? constant : registers[source])
      default:
        switch operation & 0xf0 {
        case 0x90: return
        case 0x80:
          guard source == 0 else { throw Fault(description: "call inside the object") }
          registers[0] = try call(Int(Int32(truncatingIfNeeded: word >> 32)), registers)
          for register in 1...5 { registers[register] = 0xdead_0000_0000 }
        case 0x00: at += offset
        default:
          let other = operation & 8 == 0 ? constant : registers[source]
          if isTaken(operation, registers[target], other) { at += offset }
        }
      }
    }
    throw Fault(description: "does not end")
  }

  private func compute(_ operation: UInt8, _ own: UInt64, _ other: UInt64) throws -> UInt64 {
    let isWide = operation & 7 == 7
    let (a, b) = isWide ? (own, other) : (own & 0xffff_ffff, other & 0xffff_ffff)
    let shift = b & (isWide ? 63 : 31)
    let result: UInt64
    switch operation & 0xf0 {
    case 0x00: result = a &+ b
    case 0x10: result = a &- b
    case 0x20: result = a &* b
    case 0x30: result = b == 0 ? 0 : a / b
    case 0x40: result = a | b
    case 0x50: result = a & b
    case 0x60: result = a << shift
    case 0x70: result = a >> shift
    case 0x80: result = 0 &- a
    case 0x90: result = b == 0 ? a : a % b
    case 0xa0: result = a ^ b
    case 0xb0: result = b
    case 0xc0:
      result =
        isWide
        ? UInt64(bitPattern: Int64(bitPattern: a) >> Int64(shift))
        : UInt64(UInt32(bitPattern: Int32(truncatingIfNeeded: a) >> Int32(shift)))
    default: throw Fault(description: "operation \(operation)")
    }
    return isWide ? result : result & 0xffff_ffff
  }

  private func isTaken(_ operation: UInt8, _ own: UInt64, _ other: UInt64) -> Bool {
    let isNarrow = operation & 7 == 6
    let (a, b) = isNarrow ? (own & 0xffff_ffff, other & 0xffff_ffff) : (own, other)
    let (c, d) =
      isNarrow
      ? (Int64(Int32(truncatingIfNeeded: a)), Int64(Int32(truncatingIfNeeded: b)))
      : (Int64(bitPattern: a), Int64(bitPattern: b))
    switch operation & 0xf0 {
    case 0x10: return a == b
    case 0x20: return a > b
    case 0x30: return a >= b
    case 0x40: return a & b != 0
    case 0x50: return a != b
    case 0x60: return c > d
    case 0x70: return c >= d
    case 0xa0: return a < b
    case 0xb0: return a <= b
    case 0xc0: return c < d
    default: return c <= d
    }
  }

  // MARK: - Helpers

  private func call(_ helper: Int, _ registers: [UInt64]) throws -> UInt64 {
    switch helper {
    case 1: return try lookUp(registers[1], try key(registers[1], registers[2]))
    case 2: return try update(registers)
    case 3:
      let key = try key(registers[1], registers[2])
      return maps[registers[1]]?.entries.removeValue(forKey: key) == nil ? 0 &- 2 : 0
    case 4, 113:
      guard registers[2] <= 4096 else { throw Fault(description: "reads \(registers[2]) bytes") }
      let size = Int(registers[2])
      let bytes = try? bytes(registers[3], size)
      try write(registers[1], bytes ?? [UInt8](repeating: 0, count: size))
      return bytes == nil ? 0 &- 14 : 0
    case 5:
      clock += 100
      return clock
    case 14: return currentIDs
    case 35, 158: return current
    case 115:
      for index in 0..<registers[2] {
        let byte = (try? load(registers[3] &+ index, 1)) ?? 0
        try store(registers[1] &+ index, 1, byte)
        if byte == 0 { break }
      }
      return 0
    case 156:
      let key = (0..<8).map { UInt8(truncatingIfNeeded: registers[2] >> (8 * $0)) }
      if registers[4] & 1 == 1 { try make(registers[1], key) }
      return maps[registers[1]]?.entries[key] ?? 0
    default: throw Fault(description: "helper \(helper)")
    }
  }

  private func key(_ map: UInt64, _ address: UInt64) throws -> [UInt8] {
    guard let keySize = maps[map]?.keySize else { throw Fault(description: "no map") }
    return try bytes(address, keySize)
  }

  private func lookUp(_ address: UInt64, _ key: [UInt8]) throws -> UInt64 {
    guard let map = maps[address] else { throw Fault(description: "no map") }
    guard map.isArray else { return map.entries[key] ?? 0 }
    guard key.reversed().reduce(0, { $0 << 8 | UInt64($1) }) < map.mostEntries else { return 0 }
    try make(address, key)
    return maps[address]?.entries[key] ?? 0
  }

  private func make(_ map: UInt64, _ key: [UInt8]) throws {
    guard let size = maps[map]?.valueSize else { throw Fault(description: "no map") }
    if maps[map]?.entries[key] == nil {
      maps[map]?.entries[key] = allocate([UInt8](repeating: 0, count: size))
    }
  }

  private func update(_ registers: [UInt64]) throws -> UInt64 {
    let key = try key(registers[1], registers[2])
    if registers[4] == 1, maps[registers[1]]?.entries[key] != nil { return 0 &- 17 }
    try make(registers[1], key)
    guard let map = maps[registers[1]], let place = map.entries[key] else { return 0 &- 7 }
    try write(place, bytes(registers[3], map.valueSize))
    return 0
  }
}
