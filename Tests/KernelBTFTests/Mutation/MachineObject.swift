import KernelTypes

/// A probe's object, read once: what a ``MachineObject`` is made of.
struct ObjectFile {
  fileprivate struct Section {
    var name: String
    var words: [UInt64]
    /// Instructions that take an address, and the symbol it is of.
    var addresses: [(at: Int, symbol: ELFReader.Symbol)]
  }

  fileprivate let core: CoreObject
  fileprivate let symbols: [ELFReader.Symbol]
  fileprivate let maps: [(name: String, map: ProbeMachine.Map)]
  /// Contents of the sections of variables, by index.
  fileprivate var variables: [Int: [UInt8]] = [:]
  /// Sections of programs, by index.
  fileprivate var code: [Int: Section] = [:]

  init(_ bytes: [UInt8]) throws {
    core = try CoreObject(bytes)
    let elf = try ELFReader(bytes)
    symbols = try elf.symbols()
    guard let section = elf.section(".BTF") else { throw MalformedError(reason: "no types") }
    let types = try BTFTypes(elf.contents(of: section))
    maps = try symbols.filter { symbol in
      elf.sections.indices.contains(symbol.section) && symbol.type == 1
        && elf.sections[symbol.section].name == ".maps"
    }.map { ($0.name, try MachineObject.map($0.name, types)) }
    func words(_ section: ELFReader.Section) -> [UInt64] {
      let all = elf.contents(of: section)
      return stride(from: 0, to: all.count - 7, by: 8).map { at in
        all[at..<(at + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
    }
    for (index, section) in elf.sections.enumerated() {
      if section.name == ".bss" {
        variables[index] = [UInt8](repeating: 0, count: 4096)
      } else if section.name.hasPrefix(".rodata") {
        variables[index] = elf.contents(of: section)
      } else if symbols.contains(where: { $0.section == index && $0.type == 2 }) {
        let table = elf.section(".rel" + section.name).map(words) ?? []
        code[index] = Section(
          name: section.name, words: words(section),
          addresses: stride(from: 0, to: table.count - 1, by: 2).map {
            (Int(table[$0]) / 8, symbols[Int(table[$0 + 1] >> 32)])
          })
      }
    }
  }
}

/// A probe's object, loaded into a ``ProbeMachine``: relocated as libbpf does it.
struct MachineObject {
  /// A program with what the kernel's types answer to it.
  struct Program {
    var code: [UInt64]
    var answers: [CoreAnswer]
    var unmet: [CoreAnswer]
  }

  /// By name.
  private(set) var programs: [String: Program] = [:]
  /// Addresses of global variables by name.
  private var variables: [String: UInt64] = [:]
  /// Stands in place of an instruction that libbpf refuses: a call of a helper that there is not.
  static let poison: UInt64 = 0x85 | (195_896_080 << 32)

  init(_ file: ObjectFile, kernel: BTFTypes, machine: ProbeMachine) throws {
    let bases = file.variables.mapValues { machine.allocate($0) }
    for (name, map) in file.maps { machine.addMap(name, map) }
    for symbol in file.symbols {
      if let base = bases[symbol.section] { variables[symbol.name] = base + symbol.value }
    }
    for answered in try file.core.answers(from: kernel) {
      guard
        let symbol = file.symbols.first(where: { $0.name == answered.program && $0.type == 2 }),
        let section = file.code[symbol.section]
      else { continue }
      var words = section.words
      for (place, symbol) in section.addresses {
        let address =
          machine.mapNames[symbol.name]
          ?? (bases[symbol.section].map { $0 + symbol.value + (words[place] >> 32) } ?? 0)
        words[place] = words[place] & 0xffff_ffff | (address << 32)
        words[place + 1] = (address >> 32) << 32
      }
      for answer in answered.all where answer.relocation.section == section.name {
        Self.relocate(&words, answer)
      }
      programs[answered.program] = Program(
        code: Array(words[(Int(symbol.value) / 8)...]), answers: answered.all,
        unmet: answered.unmet)
    }
  }

  /// Sets a variable, or what it has at `offset`.
  func set(
    _ name: String, at offset: UInt64 = 0, _ size: Int, _ value: UInt64, in machine: ProbeMachine
  ) throws {
    if let address = variables[name] { try machine.store(address + offset, size, value) }
  }

  /// A map by its declaration: `__uint` is an array's length, `__type` what a pointer leads to.
  fileprivate static func map(_ name: String, _ types: BTFTypes) throws -> ProbeMachine.Map {
    guard let variable = types.type(named: name, .variable) else {
      throw MalformedError(reason: "map \(name) has no type")
    }
    let members = types.members(of: types.resolved(types[variable].target))
    func number(_ field: String) -> UInt32 {
      members.first { $0.name == field }
        .flatMap { types.array(types.resolved(types.resolved($0.type).target))?.count } ?? 0
    }
    func size(_ field: String) -> Int {
      members.first { $0.name == field }
        .flatMap { types.size(of: types.resolved($0.type).target, pointerSize: 8) } ?? 0
    }
    let kind = number("type")
    return ProbeMachine.Map(
      kind: kind, keySize: size("key"), valueSize: size("value"),
      mostEntries: UInt64(number("max_entries")))
  }

  /// `bpf_core_patch_insn()` of libbpf.
  private static func relocate(_ words: inout [UInt64], _ answer: CoreAnswer) {
    let at = answer.relocation.instruction
    guard case .value(let value) = answer.outcome else {
      words[at] = poison
      return
    }
    switch words[at] & 7 {
    case 0:
      words[at] = words[at] & 0xffff_ffff | (value << 32)
      words[at + 1] = (value >> 32) << 32
    case 1, 2, 3:
      guard let place = answer.place, let own = answer.own else { return }
      let sizes = (place.bits == nil ? place.size : 0, own.bits == nil ? own.size : 0)
      if sizes.0 != sizes.1 {
        let arePointers = place.kind == .pointer && own.kind == .pointer
        let areUnsigned =
          place.kind == .integer && own.kind == .integer && !place.isSigned && !own.isSigned
        guard arePointers || areUnsigned, let code = [4: 0, 2: 1, 1: 2, 8: 3][sizes.0] else {
          words[at] = poison
          return
        }
        words[at] = words[at] & ~0x18 | (UInt64(code) << 3)
      }
      words[at] = words[at] & ~0xffff_0000 | ((value & 0xffff) << 16)
    default: words[at] = words[at] & 0xffff_ffff | (value << 32)
    }
  }
}
