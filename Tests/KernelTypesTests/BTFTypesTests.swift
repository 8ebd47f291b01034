import KernelTypes
import Testing

@Suite struct BTFTypesTests {
  private func sample() -> TypeBuilder {
    var builder = TypeBuilder()
    let long = builder.integer("long unsigned int", bytes: 8)
    let int = builder.integer("int", bytes: 4, signed: true)
    let inner = builder.structure("", bytes: 8, [("deep", int, 0), ("low", int, 32)])
    _ = builder.structure(
      "task_struct", bytes: 24, [("state", long, 0), ("", inner, 64), ("flags", int, 128)])
    _ = builder.structure("task_struct___old", bytes: 8, [("state", long, 0)])
    builder.tracepoint("sched_switch", [int, builder.pointer(4)])
    return builder
  }

  @Test func findsTypesByName() throws {
    let types = try BTFTypes(sample().bytes)
    let task = try #require(types.type(named: "task_struct", .structure))
    #expect(types[task].size == 24)
    #expect(types.members(of: types[task]).map(\.name) == ["state", "", "flags"])
    #expect(types.types(named: "task_struct", flavours: true, .structure).count == 2)
    #expect(types.type(named: "task_struct", .union) == nil)
    #expect(types.type(named: "task", .structure) == nil)
    #expect(types.arguments(of: "sched_switch") == 2)
    #expect(types.arguments(of: "sched_wakeup") == nil)
    #expect(types.text(of: 1) == "unsigned long")
    #expect(types.pointerSize == 8)
  }

  @Test func refusesOtherFiles() {
    let cases: [([UInt8], String)] = [
      ([], "0 bytes are too few for BTF"),
      ([UInt8](repeating: 7, count: 30), "not BTF"),
      (
        [0xeb, 0x9f] + [UInt8](repeating: 0, count: 30),
        "big-endian BTF, which latgate does not read"
      ),
    ]
    for (bytes, reason) in cases {
      #expect(throws: MalformedError(reason: reason)) { try BTFTypes(bytes) }
    }
  }

  @Test func refusesEveryTruncation() throws {
    let bytes = sample().bytes
    _ = try BTFTypes(bytes)
    for count in 0..<bytes.count {
      #expect(throws: MalformedError.self, "\(count) bytes") {
        try BTFTypes(Array(bytes.prefix(count)))
      }
    }
    #expect(throws: MalformedError(reason: "1 bytes follow its end")) { try BTFTypes(bytes + [0]) }
  }

  @Test func refusesChainsWithoutEnd() throws {
    var builder = TypeBuilder()
    _ = builder.typedef("a", 2)
    _ = builder.typedef("b", 1)
    #expect(throws: MalformedError(reason: "type 1 refers to what is not there")) {
      try BTFTypes(builder.bytes)
    }
    var long = TypeBuilder()
    for id in 1...40 { _ = long.typedef("t\(id)", UInt32(id - 1)) }
    #expect(throws: MalformedError.self) { try BTFTypes(long.bytes) }
  }

  /// A few anonymous structs inside each other stand for any number of members: each search for a
  /// field would go through all of them.
  @Test func refusesMoreThanAnyKernelHas() throws {
    var builder = TypeBuilder()
    let int = builder.integer("int", bytes: 4)
    var inner = builder.structure("", bytes: 4, [("x", int, 0)])
    for _ in 0..<14 { inner = builder.structure("", bytes: 4, [("", inner, 0), ("", inner, 0)]) }
    let fits = builder
    _ = builder.structure("", bytes: 4, [("", inner, 0), ("", inner, 0)])
    _ = try BTFTypes(fits.bytes)
    #expect(
      throws: MalformedError(
        reason: "type 17 has more than 65536 members, with those of anonymous structs inside it")
    ) { try BTFTypes(builder.bytes) }

    var endless = TypeBuilder()
    _ = endless.structure("", bytes: 4, [("", 1, 0)])
    #expect(
      throws: MalformedError(reason: "type 1: more than 32 anonymous structs inside each other")
    ) { try BTFTypes(endless.bytes) }

    var many = TypeBuilder()
    let members = [(name: "", type: UInt32(0), bits: UInt32(0))]
    for _ in 0..<3 {
      _ = many.structure("same", bytes: 4, Array(repeating: members[0], count: 50_000))
    }
    #expect(
      throws: MalformedError(reason: "types called 'same' or alike have more than 131072 members")
    ) { try BTFTypes(many.bytes) }

    var long = TypeBuilder()
    _ = long.integer(String(repeating: "x", count: 4096), bytes: 4)
    _ = try BTFTypes(long.bytes)
    _ = long.integer(String(repeating: "x", count: 4097), bytes: 4)
    #expect(throws: MalformedError(reason: "a name of 4097 bytes")) { try BTFTypes(long.bytes) }
  }

  /// Types may share one name: what is read of names has no bound by the file's size.
  @Test func refusesNamesThatTakeTooLong() {
    func words(_ words: Int...) -> [UInt8] {
      words.flatMap { word in withUnsafeBytes(of: UInt32(word).littleEndian) { Array($0) } }
    }
    let strings = [0] + [UInt8](repeating: UInt8(ascii: "x"), count: 4096) + [0]
    let typedef = words(1, 8 << 24, 0)
    let count = 20_000
    let bytes =
      [0x9f, 0xeb, 1, 0] + words(24, 0, 12 * count, 12 * count, strings.count)
      + Array(repeating: typedef, count: count).joined() + strings
    #expect(
      throws: MalformedError(reason: "the names of its types are longer than 64 MiB together")
    ) { try BTFTypes(bytes) }
  }

  @Test(arguments: [2, 4, 8, 13] as [UInt32])
  func refusesReferencesToNothing(kind: UInt32) throws {
    var builder = TypeBuilder()
    let type: UInt32 = 9
    let rest: [UInt32] = kind == 4 ? [0, type, 0] : []
    _ = builder.raw(
      kind, count: rest.isEmpty ? 0 : 1, third: kind == 4 ? 8 : type, rest: rest)
    #expect(throws: MalformedError(reason: "type 1 refers to what is not there")) {
      try BTFTypes(builder.bytes)
    }
  }

  @Test("sizes that no program has are none, so that their sums have room")
  func sizes() throws {
    var builder = TypeBuilder()
    let number = builder.integer("int", bytes: 4)
    let large = builder.structure("large", bytes: .max, [])
    let many = builder.raw(3, third: 0, rest: [large, number, 1 << 31])
    let few = builder.raw(3, third: 0, rest: [large, number, 3])
    let types = try BTFTypes(builder.bytes)
    #expect(types.size(of: many, pointerSize: 8) == nil)
    #expect(types.size(of: few, pointerSize: 8) == 3 * Int(UInt32.max))
  }

  /// Whatever is accepted can be read and written out as text without a trap.
  @Test func survivesDamage() throws {
    let bytes = sample().bytes
    var accepted = 0
    for round in 0..<5000 {
      let damaged = damage(bytes, round)
      guard let types = try? BTFTypes(damaged) else { continue }
      accepted += 1
      for id in 0..<UInt32(types.count) {
        _ = types.text(of: id)
        _ = types.size(of: id, pointerSize: 8)
        for member in types.members(of: types[id]) { _ = types.resolved(member.type) }
        _ = types.enumerators(of: types[id])
      }
      _ = types.prototype(ofTracepoint: "sched_switch")
    }
    #expect(accepted > 0)
  }
}

/// The bytes with one to three others in their place, the same in every run.
func damage(_ bytes: [UInt8], _ round: Int) -> [UInt8] {
  var damaged = bytes
  for change in 0...(round % 3) {
    damaged[(round * 7919 + change * 104_729) % bytes.count] = UInt8(
      truncatingIfNeeded: round &* 31 &+ change &* 97)
  }
  return damaged
}
