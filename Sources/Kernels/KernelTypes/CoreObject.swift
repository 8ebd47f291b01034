/// What the programs of a BPF object ask of a kernel's types.
package struct CoreObject: Sendable {
  private struct Program: Sendable {
    var name: String
    var section: String
    /// Index of its first instruction in the section.
    var first: Int
    var code: [UInt8]
  }

  private let types: BTFTypes
  private let relocations: [CoreRelocation]
  private let programs: [Program]

  private static let symbolFunction: UInt8 = 2

  /// - Throws: ``MalformedError`` for bytes that are no BPF object with types.
  package init(_ bytes: [UInt8]) throws(MalformedError) {
    let elf = try ELFReader(bytes)
    guard elf.machine == ELFReader.machineBPF, let btf = elf.section(".BTF") else {
      throw MalformedError(reason: "not a BPF object with BTF")
    }
    types = try BTFTypes(elf.contents(of: btf))
    if let section = elf.section(".BTF.ext") {
      relocations = try CoreRelocation.read(elf.contents(of: section), types: types)
    } else {
      relocations = []
    }
    let functions = try elf.symbols().filter { $0.type == Self.symbolFunction }
    var programs: [Program] = []
    for function in functions where elf.sections.indices.contains(function.section) {
      let section = elf.sections[function.section]
      let next = functions.filter { $0.section == function.section && $0.value > function.value }
        .map(\.value).min()
      let end = min(Int(clamping: next ?? .max), section.range.count)
      guard function.value <= UInt64(end) else { continue }
      programs.append(
        Program(
          name: function.name, section: section.name, first: Int(function.value) / 8,
          code: Array(elf.contents(of: section)[Int(function.value)..<end])))
    }
    self.programs = programs
  }

  /// What a kernel answers to one program.
  package struct Answers: Sendable {
    package let program: String
    /// To every relocation of the program.
    package let all: [CoreAnswer]
    /// Those without which it cannot be loaded: the way that needs them would be taken.
    package let unmet: [CoreAnswer]
  }

  /// Answers all relocations from a kernel's types.
  /// - Throws: ``MalformedError`` for relocations that do not fit the object's own types.
  package func answers(from kernel: BTFTypes) throws(MalformedError) -> [Answers] {
    let resolver = CoreResolver(object: types, kernel: kernel)
    var known: [Question: CoreAnswer] = [:]
    var all: [CoreAnswer] = []
    for relocation in relocations {
      let question = Question(
        type: relocation.type, access: relocation.access, kind: relocation.kind)
      if known[question] == nil { known[question] = try resolver.answer(relocation) }
      if let answer = known[question] { all.append(answer.moved(to: relocation)) }
    }
    // Functions outside programs' sections may be called by any program.
    let functions = programs.filter { $0.section == ".text" }
    let shared = all.filter { $0.relocation.section == ".text" }
    let sharedUnmet = functions.flatMap { unmet(own(all, of: $0), in: $0) }
    return programs.filter { $0.section != ".text" }.map { program in
      let own = own(all, of: program)
      return Answers(
        program: program.name, all: own + shared, unmet: unmet(own, in: program) + sharedUnmet)
    }
  }

  private func own(_ answers: [CoreAnswer], of program: Program) -> [CoreAnswer] {
    answers.filter { answer in
      answer.relocation.section == program.section
        && (program.first..<(program.first + program.code.count / 8))
          .contains(answer.relocation.instruction)
    }
  }

  /// Equal questions have equal answers, wherever in the object they are asked.
  private struct Question: Hashable {
    var type: UInt32
    var access: String
    var kind: CoreRelocation.Kind
  }

  private func unmet(_ answers: [CoreAnswer], in program: Program) -> [CoreAnswer] {
    var flow = ProgramFlow(program.code[...])
    for answer in answers {
      let at = answer.relocation.instruction - program.first
      if case .value(let value) = answer.outcome { flow.constants[at] = value }
      if answer.relocation.kind == .fieldOffset { flow.fields.insert(at) }
    }
    let states = flow.states()
    let reads = Dictionary(grouping: flow.reads(states), by: \.field)
    let shifted = Set(
      answers.filter {
        $0.relocation.kind == .fieldRightShift
          && states[$0.relocation.instruction - program.first] != nil
      }.map(\.subject))
    return answers.compactMap { answer in
      let at = answer.relocation.instruction - program.first
      switch answer.outcome {
      // libbpf refuses an ambiguous answer even where it would not be used.
      case .ambiguous: return answer
      case .missing: return states[at] == nil ? nil : answer
      case .value:
        var answer = answer
        answer.misfit =
          (reads[at] ?? []).lazy.compactMap {
            answer.misfit(of: $0, isShifted: shifted.contains(answer.subject))
          }.first
        return answer.misfit == nil ? nil : answer
      }
    }
  }
}
