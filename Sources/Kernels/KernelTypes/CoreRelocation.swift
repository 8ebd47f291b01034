/// A place in a BPF program that depends on the kernel's types: a CO-RE relocation of `.BTF.ext`
/// (kernel: `Documentation/bpf/llvm_reloc.rst`, `struct bpf_core_relo`).
package struct CoreRelocation: Sendable, Equatable {
  /// `enum bpf_core_relo_kind`: what is asked of the kernel's types.
  package enum Kind: UInt32, Sendable {
    case fieldOffset = 0
    case fieldSize, fieldExists, fieldSigned, fieldLeftShift, fieldRightShift, localTypeID
    case targetTypeID, typeExists, typeSize, enumeratorExists, enumeratorValue, typeMatches

    var isAboutField: Bool { rawValue <= Self.fieldRightShift.rawValue }
    var isAboutEnumerator: Bool { self == .enumeratorExists || self == .enumeratorValue }

    /// Asks whether something is there; "no" is an answer like any other.
    package var isQuestion: Bool {
      switch self {
      case .fieldExists, .typeExists, .enumeratorExists, .typeMatches: true
      default: false
      }
    }
  }

  /// Section of its program.
  package let section: String
  /// Index of the instruction in that section.
  package let instruction: Int
  /// Root type in the object's own BTF.
  package let type: UInt32
  /// Indices from there to the field, such as `0:3:1`.
  package let access: String
  package let kind: Kind

  /// Reads the relocations of an object.
  ///
  /// - Parameters:
  ///   - bytes: contents of `.BTF.ext`.
  ///   - types: the object's own, for names.
  /// - Returns: in the object's order.
  /// - Throws: ``MalformedError``.
  package static func read(_ bytes: [UInt8], types: BTFTypes) throws(MalformedError)
    -> [CoreRelocation]
  {
    func word(_ at: Int) throws(MalformedError) -> Int {
      guard at >= 0, at <= bytes.count - 4 else {
        throw MalformedError(reason: ".BTF.ext is cut off at byte \(at)")
      }
      return (0..<4).reversed().reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
    }
    guard bytes.starts(with: BTFTypes.magic) else { throw MalformedError(reason: "no .BTF.ext") }
    let header = try word(4)
    // Older compilers' headers end before the relocations.
    guard header >= 32 else { return [] }
    var at = header + (try word(24))
    let end = at + (try word(28))
    guard end <= bytes.count else { throw MalformedError(reason: ".BTF.ext is cut off") }
    guard at < end else { return [] }
    let size = try word(at)
    guard size >= 16 else { throw MalformedError(reason: "relocations of \(size) bytes") }
    at += 4
    var found: [CoreRelocation] = []
    while at < end {
      let section = types.text(at: UInt32(try word(at)))
      let count = try word(at + 4)
      at += 8
      guard count <= (end - at) / size else {
        throw MalformedError(reason: "relocations leave .BTF.ext")
      }
      for _ in 0..<count {
        guard let kind = Kind(rawValue: UInt32(try word(at + 12))) else {
          throw MalformedError(reason: "a relocation of unknown kind \(try word(at + 12))")
        }
        found.append(
          CoreRelocation(
            section: section, instruction: try word(at) / 8, type: UInt32(try word(at + 4)),
            access: types.text(at: UInt32(try word(at + 8))), kind: kind))
        at += size
      }
    }
    return found
  }
}
