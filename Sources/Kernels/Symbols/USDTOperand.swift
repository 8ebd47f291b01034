import KernelTypes

/// Where an argument of a USDT probe is when the program comes to it, as an operand of the assembler says.
package struct USDTOperand: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    /// A register, by its name of full width.
    case register(String)
    /// Bytes behind what a register has.
    case memory(base: String, offset: Int32)
    case constant(Int64)
  }

  /// Bytes: 1, 2, 4 or 8.
  package var size: Int
  package var isSigned: Bool
  package var source: Source

  /// The arguments of a note: separated by spaces, those inside brackets apart.
  static func texts(_ arguments: String) -> [String] {
    var texts: [String] = []
    var text = ""
    var depth = 0
    for character in arguments {
      if "([".contains(character) { depth += 1 }
      if ")]".contains(character) { depth -= 1 }
      if character == " ", depth <= 0 {
        if !text.isEmpty { texts.append(text) }
        text = ""
      } else {
        text.append(character)
      }
    }
    return text.isEmpty ? texts : texts + [text]
  }

  /// Reads `SIZE@OPERAND`; nil for every form but these, such as numbers with a fraction and places by two
  /// registers. A negative size says that the number has a sign: `-4@%edi`,
  /// `8@-16(%rbp)`, `4@$3` of x86-64, `-4@[sp, 12]`, `8@x0`, `4@3` of arm64, `-4@r0`, `4@[fp, #-8]`,
  /// `4@#3` of arm.
  ///
  /// - Parameters:
  ///   - text: of one argument.
  ///   - machine: `EM_…`.
  package init?(_ text: String, machine: UInt16) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let size = Int(parts[0]), let bytes = Self.bytes(size) else {
      return nil
    }
    let operand = parts[1].filter { $0 != " " }
    let found: Source? =
      switch machine {
      case ELFHead.machineX86: Self.ofX86(operand)
      case ELFHead.machineARM64: Self.ofARM(operand) { Self.arm64Register($0) }
      case ELFHead.machineARM: Self.ofARM(operand) { Self.armRegister($0) }
      default: nil
      }
    guard let found else { return nil }
    (self.size, isSigned, source) = (bytes, size < 0, found)
    guard isReadable(machine) else { return nil }
  }

  private func isReadable(_ machine: UInt16) -> Bool {
    switch source {
    // A number of 8 bytes takes two registers of arm.
    case .register: machine != ELFHead.machineARM || size <= 4
    case .memory: true
    // It is kept in 32 bits, with a sign where it has 8 bytes.
    case .constant(let value):
      Int32(exactly: value).map { isSigned || size < 8 || $0 >= 0 }
        ?? (size <= 4 && UInt32(exactly: value) != nil)
    }
  }

  /// Those of a size with a sign; nil for one that no number has. The text is any file's.
  private static func bytes(_ size: Int) -> Int? {
    [1, 2, 4, 8].first { $0 == size || -$0 == size }
  }

  private static func number(_ text: some StringProtocol) -> Int64? {
    let isNegative = text.hasPrefix("-")
    let digits = text.dropFirst(isNegative ? 1 : 0)
    guard digits.first?.isNumber == true else { return nil }
    let isHex = digits.hasPrefix("0x")
    // A sign stands before all of it.
    guard !isHex || digits.dropFirst(2).first?.isHexDigit == true else { return nil }
    let value = isHex ? Int64(digits.dropFirst(2), radix: 16) : Int64(digits)
    return value.map { isNegative ? -$0 : $0 }
  }

  private static func offset(_ text: some StringProtocol) -> Int32? {
    number(text).flatMap { Int32(exactly: $0) }
  }

  private static func ofX86(_ operand: String) -> Source? {
    if operand.hasPrefix("$") { return number(operand.dropFirst()).map(Source.constant) }
    if operand.hasPrefix("%") {
      return x86Whole[String(operand.dropFirst())].map(Source.register)
    }
    guard operand.hasSuffix(")"), let open = operand.firstIndex(of: "(") else { return nil }
    let offset = operand[..<open]
    let base = operand[operand.index(after: open)...].dropLast()
    guard base.hasPrefix("%"), let whole = x86Whole[String(base.dropFirst())],
      // Addresses of 8 bytes alone.
      whole == String(base.dropFirst()), let bytes = offset.isEmpty ? 0 : Self.offset(offset)
    else { return nil }
    return .memory(base: whole, offset: bytes)
  }

  private static func ofARM(_ operand: String, _ register: (String) -> String?) -> Source? {
    if let whole = register(operand) { return .register(whole) }
    let bare = operand.hasPrefix("#") ? operand.dropFirst() : operand[...]
    if let constant = number(bare) { return .constant(constant) }
    guard operand.hasPrefix("["), operand.hasSuffix("]") else { return nil }
    let parts = operand.dropFirst().dropLast().split(
      separator: ",", omittingEmptySubsequences: false)
    guard let base = parts.first.map(String.init), let whole = register(base), parts.count <= 2,
      !base.hasPrefix("w")
    else { return nil }
    guard parts.count == 2 else { return .memory(base: whole, offset: 0) }
    return offset(parts[1].hasPrefix("#") ? parts[1].dropFirst() : parts[1])
      .map { .memory(base: whole, offset: $0) }
  }

  // MARK: registers

  private static let x86Whole: [String: String] = {
    var names: [String: String] = [:]
    for letter in ["a", "b", "c", "d"] {
      for name in ["r\(letter)x", "e\(letter)x", "\(letter)x", "\(letter)l"] {
        names[name] = "r\(letter)x"
      }
    }
    for name in ["si", "di", "bp", "sp"] {
      for other in ["r\(name)", "e\(name)", name, "\(name)l"] { names[other] = "r\(name)" }
    }
    for number in 8...15 {
      for end in ["", "d", "w", "b"] { names["r\(number)\(end)"] = "r\(number)" }
    }
    return names
  }()

  private static func arm64Register(_ name: String) -> String? {
    switch name {
    case "sp": return "sp"
    case "fp": return "x29"
    case "lr": return "x30"
    default:
      guard name.hasPrefix("x") || name.hasPrefix("w"), let number = index(name.dropFirst(), 30)
      else { return nil }
      return "x\(number)"
    }
  }

  private static func armRegister(_ name: String) -> String? {
    let others = ["sl": 10, "fp": 11, "ip": 12, "sp": 13, "lr": 14]
    return (others[name] ?? (name.hasPrefix("r") ? index(name.dropFirst(), 14) : nil)).map {
      "r\($0)"
    }
  }

  private static func index(_ digits: Substring, _ last: Int) -> Int? {
    guard digits.allSatisfy(\.isNumber), let number = Int(digits), number <= last else {
      return nil
    }
    return number
  }
}
