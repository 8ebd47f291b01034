/// What BTF may hold at most, so that any bytes are judged within a second or two. The kernel's own
/// limits where it has some; no kernel comes near the others.
enum BTFLimits {
  /// `BTF_MAX_TYPE`
  static let types = 0xfffff
  /// `BTF_MAX_NAME_OFFSET`, in bytes.
  static let strings = 0xffffff
  /// Bytes of a name. Kernels have some hundred.
  static let nameLength = 4096
  /// Bytes of the names of all types. Kernels have two million.
  static let nameBytes = 1 << 26
  /// Members of a struct, with those of anonymous structs inside it. Kernels have some hundred.
  static let members = 1 << 16
  /// Members of all types that share a name. Kernels have some hundred.
  static let namesakes = 1 << 17
  /// Anonymous structs inside each other. Kernels have five.
  static let anonymousLevels = 32
}

/// Counts a struct's members, with those of anonymous structs inside it: these may be shared, so
/// that a few of them stand for any number.
struct BTFMemberCount {
  private let raw: UnsafeRawBufferPointer
  private let strings: Range<Int>
  private let offsets: [UInt32]
  /// Of each type that was counted, plus one; 0 for others.
  private var known: [UInt32]

  init(_ raw: UnsafeRawBufferPointer, strings: Range<Int>, offsets: [UInt32]) {
    self.raw = raw
    self.strings = strings
    self.offsets = offsets
    known = [UInt32](repeating: 0, count: offsets.count)
  }

  private func word(_ at: Int) -> UInt32 { raw.loadUnaligned(fromByteOffset: at, as: UInt32.self) }

  private func kind(_ id: UInt32) -> BTFKind {
    guard id > 0 else { return .void }
    let info = word(Int(offsets[Int(id)]) + 4)
    return BTFKind(rawValue: UInt8(truncatingIfNeeded: info >> 24 & 0x1f)) ?? .void
  }

  /// Members of a type whose references were seen to be sound, also enumerators and parameters.
  /// - Throws: ``MalformedError`` for more than ``BTFLimits/members``.
  mutating func count(_ id: UInt32, level: Int = 0) throws(MalformedError) -> Int {
    let own = Int(word(Int(offsets[Int(id)]) + 4) & 0xffff)
    guard kind(id).isComposite else { return own }
    if known[Int(id)] > 0 { return Int(known[Int(id)]) - 1 }
    guard level <= BTFLimits.anonymousLevels else {
      throw MalformedError(
        reason: "type \(id): more than \(BTFLimits.anonymousLevels) anonymous structs inside each "
          + "other")
    }
    var total = own
    for member in 0..<own {
      let at = Int(offsets[Int(id)]) + 12 + 12 * member
      guard raw[strings.lowerBound + Int(word(at))] == 0 else { continue }
      var inner = word(at + 4)
      // Chains of modifiers were seen to end.
      while kind(inner).isModifier { inner = word(Int(offsets[Int(inner)]) + 8) }
      guard kind(inner).isComposite else { continue }
      total += try count(inner, level: level + 1)
      guard total <= BTFLimits.members else {
        throw MalformedError(
          reason: "type \(id) has more than \(BTFLimits.members) members, with those of anonymous "
            + "structs inside it")
      }
    }
    known[Int(id)] = UInt32(total) + 1
    return total
  }
}
