/// Which instructions of a BPF program can run once its relocations are answered.
///
/// A probe asks whether a field exists and reads it, or another, accordingly; the verifier does not
/// look at the way not taken. This follows constants as far as that needs: registers and spilled
/// 64-bit words, joined where ways meet. What it finds to run may still never run; what it finds not
/// to run, never does.
struct ProgramFlow {
  /// A read of a field of the kernel.
  struct Read: Hashable {
    /// The instruction whose relocation says where the field is.
    let field: Int
    /// Bytes from the field's start; nil when that is not known.
    let size: UInt64?
    /// It is a load with the relocation in it, to which libbpf can give another width.
    let isRelocated: Bool
  }

  private let code: [Instruction]
  /// What relocations put in place of instructions' constants, by index of the instruction.
  var constants: [Int: UInt64] = [:]
  /// The instructions whose relocation is the offset of a field.
  var fields: Set<Int> = []

  /// - Parameter bytes: instructions of 8 bytes.
  init(_ bytes: ArraySlice<UInt8>) {
    code = stride(from: bytes.startIndex, to: bytes.endIndex - 7, by: 8).map {
      Instruction(bytes[$0..<($0 + 8)])
    }
  }

  /// What is known before each instruction that can run, by its index.
  func states() -> [Int: State] {
    var states: [Int: State] = [0: State()]
    var pending = [0]
    while let at = pending.popLast() {
      guard code.indices.contains(at), let state = states[at] else { continue }
      for (next, after) in step(at, state) where code.indices.contains(next) {
        let joined = states[next].map { $0.joined(with: after) } ?? after
        if joined != states[next] {
          states[next] = joined
          pending.append(next)
        }
      }
    }
    return states
  }

  /// The reads of fields among the instructions that can run.
  func reads(_ states: [Int: State]) -> Set<Read> {
    var reads: Set<Read> = []
    func note(_ address: Known, _ size: UInt64?, _ offset: Int) {
      guard let field = address.field else { return }
      let isWhole = !address.isInside && offset == 0
      reads.insert(Read(field: field, size: isWhole ? size : nil, isRelocated: false))
    }
    for (at, state) in states where code.indices.contains(at) {
      let instruction = code[at]
      if instruction.isAccess, fields.contains(at) {
        reads.insert(Read(field: at, size: instruction.width, isRelocated: true))
      } else if instruction.code & 7 == 1 {
        note(state.registers[instruction.source], instruction.width, instruction.offset)
      } else if instruction.isProbeRead {
        note(state.registers[3], state.registers[2].value, 0)
      }
    }
    return reads
  }

  /// What is known of 64 bits.
  struct Known: Equatable {
    var value: UInt64?
    /// The instruction whose relocation made it a field's offset or address.
    var field: Int?
    /// It leads past the field's start, as to an element of an array.
    var isInside = false
  }

  /// What is known before an instruction.
  struct State: Equatable {
    /// Registers 0 to 10.
    var registers = [Known](repeating: Known(), count: 11)
    /// 64-bit words on the stack, by offset from its top.
    var stack: [Int: Known] = [:]

    func joined(with other: State) -> State {
      var state = self
      for index in registers.indices {
        if registers[index].value != other.registers[index].value {
          state.registers[index].value = nil
        }
        if registers[index].field != other.registers[index].field {
          state.registers[index].field = nil
        }
        if other.registers[index].isInside { state.registers[index].isInside = true }
      }
      state.stack = stack.filter { other.stack[$0.key] == $0.value }
      return state
    }
  }

  private func step(_ at: Int, _ before: State) -> [(Int, State)] {
    let instruction = code[at]
    var state = before
    switch instruction.code & 7 {
    case 0:
      guard instruction.isWide else {
        state.registers[0] = Known()
        return [(at + 1, state)]
      }
      // Without a relocation of types it may be an address, which the loader puts there.
      state.registers[instruction.target] = Known(value: constants[at], field: field(at))
      return [(at + 2, state)]
    case 1:
      let isSpill = instruction.isDoubleWord && instruction.source == 10
      state.registers[instruction.target] =
        isSpill ? state.stack[instruction.offset] ?? Known() : Known()
    case 2, 3: store(instruction, &state)
    case 4, 7: compute(instruction, at, &state)
    default: return jump(instruction, at, state)
    }
    return [(at + 1, state)]
  }

  private func field(_ at: Int) -> Int? { fields.contains(at) ? at : nil }

  private func store(_ instruction: Instruction, _ state: inout State) {
    guard instruction.code & 0xe0 == 0x60, instruction.target == 10 else {
      // Through a pointer, it may be the stack; an atomic operation may fetch.
      state.stack = [:]
      if instruction.code & 0xe0 == 0xc0 { state.registers[instruction.source] = Known() }
      return
    }
    for offset in (instruction.offset - 7)...(instruction.offset + 7) { state.stack[offset] = nil }
    guard instruction.isDoubleWord else { return }
    state.stack[instruction.offset] =
      instruction.code & 7 == 3
      ? state.registers[instruction.source]
      : Known(value: UInt64(bitPattern: Int64(instruction.constant)))
  }

  private func compute(_ instruction: Instruction, _ at: Int, _ state: inout State) {
    let isWide = instruction.code & 7 == 7
    let own = state.registers[instruction.target]
    let other =
      instruction.code & 8 == 0
      ? Known(
        value: constants[at] ?? UInt64(bitPattern: Int64(instruction.constant)), field: field(at))
      : state.registers[instruction.source]
    let operation = instruction.code & 0xf0
    var result: UInt64?
    var known = Known()
    if operation == 0xb0 {
      result = other.value
      known = other
    } else if operation == 0 {
      known = other.field == nil ? own : other
      if other.field == nil, other.value != 0 { known.isInside = true }
    }
    if operation != 0xb0, let own = own.value, let other = other.value {
      let shift = other & (isWide ? 63 : 31)
      switch operation {
      case 0x00: result = own &+ other
      case 0x10: result = own &- other
      case 0x20: result = own &* other
      case 0x40: result = own | other
      case 0x50: result = own & other
      case 0x60: result = own << shift
      case 0x70: result = (isWide ? own : own & 0xffff_ffff) >> shift
      case 0xa0: result = own ^ other
      default: result = nil
      }
    }
    known.value = isWide ? result : result.map { $0 & 0xffff_ffff }
    state.registers[instruction.target] = known
  }

  private func jump(
    _ instruction: Instruction, _ at: Int, _ state: State
  ) -> [(Int, State)] {
    let operation = instruction.code & 0xf0
    let target = at + 1 + instruction.offset
    switch operation {
    case 0x90: return []
    case 0x80:
      var after = state
      for register in 0...5 { after.registers[register] = Known() }
      after.stack = [:]
      return [(at + 1, after)]
    case 0x00: return [(target, state)]
    default: break
    }
    let isNarrow = instruction.code & 7 == 6
    let other: UInt64? =
      instruction.code & 8 == 0
      ? UInt64(bitPattern: Int64(instruction.constant))
      : state.registers[instruction.source].value
    guard let own = state.registers[instruction.target].value, let other else {
      // On the way where it was equal, the register is known.
      var (taken, passed) = (state, state)
      if let other, !isNarrow, operation == 0x10 {
        taken.registers[instruction.target].value = other
      }
      if let other, !isNarrow, operation == 0x50 {
        passed.registers[instruction.target].value = other
      }
      return [(target, taken), (at + 1, passed)]
    }
    let isTaken = Self.compare(
      operation, isNarrow ? own & 0xffff_ffff : own, isNarrow ? other & 0xffff_ffff : other,
      isNarrow)
    return [(isTaken ? target : at + 1, state)]
  }

  private static func compare(
    _ operation: UInt8, _ own: UInt64, _ other: UInt64, _ isNarrow: Bool
  ) -> Bool {
    func signed(_ value: UInt64) -> Int64 {
      isNarrow
        ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
    switch operation {
    case 0x10: return own == other
    case 0x20: return own > other
    case 0x30: return own >= other
    case 0x40: return own & other != 0
    case 0x50: return own != other
    case 0x60: return signed(own) > signed(other)
    case 0x70: return signed(own) >= signed(other)
    case 0xa0: return own < other
    case 0xb0: return own <= other
    case 0xc0: return signed(own) < signed(other)
    default: return signed(own) <= signed(other)
    }
  }
}

/// One BPF instruction (`struct bpf_insn`).
struct Instruction: Sendable {
  let code: UInt8
  /// 0-10; other numbers, which no compiler writes, count as 0.
  let target: Int
  let source: Int
  let offset: Int
  let constant: Int32

  init(_ bytes: ArraySlice<UInt8>) {
    let at = bytes.startIndex
    func register(_ number: UInt8) -> Int { number > 10 ? 0 : Int(number) }
    code = bytes[at]
    target = register(bytes[at + 1] & 0xf)
    source = register(bytes[at + 1] >> 4)
    offset = Int(Int16(bitPattern: UInt16(bytes[at + 2]) | UInt16(bytes[at + 3]) << 8))
    constant = Int32(
      bitPattern: (4..<8).reversed().reduce(0) { $0 << 8 | UInt32(bytes[at + $1]) })
  }

  /// A constant of 64 bits, which takes two instructions' room.
  var isWide: Bool { code == 0x18 }
  var isDoubleWord: Bool { code & 0xf8 == 0x78 }
  /// Loads or stores memory.
  var isAccess: Bool { (1...3).contains(code & 7) }
  /// Bytes that it loads or stores.
  var width: UInt64 { [4, 2, 1, 8][Int(code >> 3 & 3)] }
  /// Calls the helper `probe_read`, `probe_read_user` or `probe_read_kernel`.
  var isProbeRead: Bool { code == 0x85 && source == 0 && [4, 112, 113].contains(constant) }
}
