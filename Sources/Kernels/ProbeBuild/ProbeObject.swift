import Foundation
import KernelTypes

/// What a compiled probe contains.
package struct ProbeObject: Sendable, Equatable {
  /// One BPF program.
  package struct Program: Sendable, Equatable {
    /// Function name, such as `sched_switch__tp_btf`.
    package let name: String
    /// What it attaches to, such as `tp_btf/sched_switch`.
    package let section: String
  }

  /// Programs in the object's order.
  package let programs: [Program]
  /// Names of its maps, in the object's order.
  package let maps: [String]
  /// Sections of variables, such as `.bss` and `.rodata`; each becomes a map that the source does
  /// not name.
  package let dataSections: [String]
  /// License it declares to the kernel.
  package let license: String

  private static let allocatedCode: UInt64 = 0x2 | 0x4
  private static let executableCode: UInt64 = 0x4
  private static let symbolObject: UInt8 = 1
  private static let symbolFunction: UInt8 = 2

  /// Reads an object and checks that the agent could load it.
  ///
  /// - Parameters:
  ///   - bytes: any bytes at all.
  ///   - name: for errors, such as the path of the source.
  /// - Returns: its programs, maps and license.
  /// - Throws: `ProbeBuildError.badObject` with what is missing and how it comes about.
  package static func inspect(_ bytes: [UInt8], name: String) throws -> ProbeObject {
    do {
      return try read(bytes, name: name)
    } catch let error as MalformedError {
      throw ProbeBuildError.badObject(what: name, reason: error.reason)
    }
  }

  /// As `inspect(_:name:)` for a file.
  ///
  /// - Throws: `ProbeBuildError.file` where it cannot be read.
  package static func inspect(path: String) throws -> ProbeObject {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ProbeBuildError.file(path: path, reason: "cannot be read")
    }
    return try inspect(Array(data), name: path)
  }

  /// The first call that a probe may not make, with the function that makes it.
  private static func callObjection(
    _ elf: ELFReader, _ symbols: [ELFReader.Symbol]
  ) throws(MalformedError) -> String? {
    for (index, section) in elf.sections.enumerated() where section.flags & executableCode != 0 {
      for (offset, call) in ProgramRules.calls(in: elf.contents(of: section)[...]) {
        let objection =
          switch call {
          case .helper(let number): ProgramRules.objection(toHelper: number)
          case .kernelFunction: "it calls a function of the kernel, not a helper"
          case .indirect: "it calls an address that is not known beforehand"
          }
        guard let objection else { continue }
        let function = symbols.last {
          $0.section == index && $0.type == symbolFunction && $0.value <= UInt64(offset)
        }
        return "program '\(function?.name ?? section.name)': \(objection)"
      }
    }
    // clang writes a call of a kernel function as one inside the object, to a symbol that is
    // not there.
    if let name = try elf.calledUndefinedSymbols().first {
      return "it calls \(name) of the kernel, but probes may only call helpers that observe"
    }
    return nil
  }

  private static func read(_ bytes: [UInt8], name: String) throws -> ProbeObject {
    func fail(_ reason: String) -> ProbeBuildError { .badObject(what: name, reason: reason) }
    let elf = try ELFReader(bytes)
    guard elf.machine == ELFReader.machineBPF else { throw fail("not a BPF object") }
    guard let btf = elf.section(".BTF"), !btf.range.isEmpty else {
      throw fail("no .BTF section: compile with -g, or the kernel's types cannot be found")
    }
    guard let license = elf.section("license"), !license.range.isEmpty else {
      throw fail("no license: add char LICENSE[] SEC(\"license\") = \"GPL\";")
    }
    let symbols = try elf.symbols().sorted { ($0.section, $0.value) < ($1.section, $1.value) }
    var programs: [Program] = []
    var maps: [String] = []
    for symbol in symbols where elf.sections.indices.contains(symbol.section) {
      let section = elf.sections[symbol.section]
      if symbol.type == symbolObject, section.name == ".maps" {
        maps.append(symbol.name)
      } else if symbol.type == symbolFunction, section.name != ".text",
        section.flags & allocatedCode == allocatedCode
      {
        programs.append(Program(name: symbol.name, section: section.name))
      }
    }
    guard !programs.isEmpty else { throw fail("no program: mark functions with SEC(\"…\")") }
    for program in programs {
      if let objection = HookRules.objection(toSection: program.section)
        ?? ProgramRules.objection(toSection: program.section)
      {
        throw fail("program '\(program.name)', \(objection)")
      }
    }
    if let objection = try callObjection(elf, symbols) { throw fail(objection) }
    let text = elf.contents(of: license).prefix { $0 != 0 }
    let data = elf.sections.map(\.name).filter { name in
      [".bss", ".data", ".rodata"].contains { name == $0 || name.hasPrefix($0 + ".") }
    }
    return ProbeObject(
      programs: programs, maps: maps, dataSections: data,
      license: String(decoding: text, as: UTF8.self))
  }
}
