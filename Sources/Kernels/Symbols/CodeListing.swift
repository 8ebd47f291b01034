import Foundation
import KernelTypes

/// Instructions as a disassembler prints them, as far as the flow of a function goes.
package struct CodeListing: Sendable, Equatable {
  /// What an instruction does to the flow.
  package enum Kind: Sendable, Equatable {
    case other
    case call(to: String)
    /// Back to the caller.
    case leave
    /// Elsewhere for certain, or under a condition.
    case jump(to: UInt64, isConditional: Bool)
    /// Elsewhere, by a table or a pointer.
    case indirect
  }

  package struct Instruction: Sendable, Equatable {
    package var address: UInt64
    package var kind: Kind
  }

  package var instructions: [Instruction] = []

  /// Reads what `llvm-objdump -d --no-show-raw-insn` prints: `  4829bb:  \tretq`.
  ///
  /// - Parameters:
  ///   - text: of one function or more.
  ///   - machine: `EM_…`.
  package init(_ text: String, machine: UInt16) {
    var prefix: UInt64?
    var data: Set<UInt64> = []
    for line in text.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":"),
        let address = UInt64(line[..<colon].drop { $0 == " " }, radix: 16)
      else { continue }
      let words = line[line.index(after: colon)...].split(maxSplits: 1) { $0 == " " || $0 == "\t" }
      guard let first = words.first else { continue }
      let operands = words.count > 1 ? String(words[1].drop { $0 == " " || $0 == "\t" }) : ""
      if Self.prefixes.contains(String(first)), operands.isEmpty {
        // It stands in a line of its own, and belongs to the next.
        prefix = prefix ?? address
        continue
      }
      if machine == ELFHead.machineARM, let pool = Self.poolAddress(operands) { data.insert(pool) }
      let kind = Self.kind(String(first), operands, machine)
      instructions.append(Instruction(address: prefix ?? address, kind: kind))
      prefix = nil
    }
    // Constants among ARM code look like anything.
    instructions.removeAll { data.contains($0.address) }
  }

  private static let prefixes: Set<String> = [
    "rep", "repz", "repe", "repne", "repnz", "lock", "bnd", "notrack", "data16", "cs", "ds",
  ]

  private static func kind(_ name: String, _ operands: String, _ machine: UInt16) -> Kind {
    switch machine {
    case ELFHead.machineX86: ofX86(name, operands)
    case ELFHead.machineARM64: ofARM64(name, operands)
    default: ofARM(name, operands)
    }
  }

  /// What stands behind the last comma: `0x90f70` of `w2, #0, 0x90f70 <main.deep+0x40>`.
  private static func target(_ operands: String) -> UInt64? {
    let bare =
      operands.split(separator: " <", omittingEmptySubsequences: false)[0]
      .split(separator: " @", omittingEmptySubsequences: false).first ?? ""
    let last = bare.split(separator: ",").last.map { $0.filter { $0 != " " && $0 != "\t" } } ?? ""
    return last.hasPrefix("0x") ? UInt64(last.dropFirst(2), radix: 16) : nil
  }

  /// The name of what is called.
  private static func callee(_ operands: String) -> String {
    guard let open = operands.firstIndex(of: "<"), let close = operands.lastIndex(of: ">"),
      open < close
    else { return "" }
    return String(operands[operands.index(after: open)..<close])
  }

  private static func jump(_ operands: String, isConditional: Bool) -> Kind {
    target(operands).map { .jump(to: $0, isConditional: isConditional) }
      ?? (isConditional ? .other : .indirect)
  }

  private static func ofX86(_ name: String, _ operands: String) -> Kind {
    var (name, operands) = (name, operands)
    // `rep retq` and `notrack jmpq *%rax` in one line.
    while prefixes.contains(name) {
      let words = operands.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
      guard let first = words.first else { return .other }
      name = String(first)
      operands = words.count > 1 ? String(words[1]) : ""
    }
    if name.hasPrefix("ret") || name.hasPrefix("lret") { return .leave }
    if name.hasPrefix("call") { return .call(to: callee(operands)) }
    if name.hasPrefix("jmp") { return jump(operands, isConditional: false) }
    if name.hasPrefix("j") || name.hasPrefix("loop") { return jump(operands, isConditional: true) }
    return .other
  }

  private static func ofARM64(_ name: String, _ operands: String) -> Kind {
    switch name {
    case "ret", "retaa", "retab": return .leave
    case "b": return jump(operands, isConditional: false)
    case "br", "braa", "brab", "braaz", "brabz": return .indirect
    case "cbz", "cbnz", "tbz", "tbnz": return jump(operands, isConditional: true)
    default:
      if name.hasPrefix("b.") || name.hasPrefix("bc.") {
        return jump(operands, isConditional: true)
      }
      return name.hasPrefix("bl") ? .call(to: callee(operands)) : .other
    }
  }

  private static let conditions: Set<String> = [
    "eq", "ne", "hs", "cs", "lo", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le",
  ]

  private static func ofARM(_ whole: String, _ operands: String) -> Kind {
    let name = String(whole.prefix { $0 != "." })
    let stem = conditions.contains(String(name.suffix(2))) ? String(name.dropLast(2)) : name
    // A condition that does not hold keeps the kernel from counting the instruction.
    switch stem {
    case "bx": return operands == "lr" ? .leave : .indirect
    case "b" where name == "b" || stem != name:
      return jump(operands, isConditional: stem != name)
    case "bl", "blx": return .call(to: callee(operands))
    case "pop" where operands.contains("pc"): return .leave
    case "mov" where operands.hasPrefix("pc,"):
      return operands.hasSuffix("lr") ? .leave : .indirect
    case "ldr" where operands.hasPrefix("pc,"):
      return operands.hasPrefix("pc, [sp]") ? .leave : .indirect
    case "add" where operands.hasPrefix("pc,"): return .indirect
    default:
      if stem.hasPrefix("ldm"), operands.contains("pc") { return .leave }
      return .other
    }
  }

  /// The constant that an instruction of ARM loads: `ldr r0, [pc, #148]  @ 0xa20d8 <…>`.
  private static func poolAddress(_ operands: String) -> UInt64? {
    guard operands.contains("[pc"), let at = operands.range(of: "@ 0x") else { return nil }
    return UInt64(operands[at.upperBound...].prefix(while: \.isHexDigit), radix: 16)
  }
}
