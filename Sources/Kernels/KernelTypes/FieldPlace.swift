/// Where a kernel keeps a field.
package struct FieldPlace: Sendable, Equatable {
  /// Bytes from the start of the root type; of bit-fields, of the word that holds it.
  package let offset: Int
  package let size: Int
  /// As a C programmer writes it.
  package let type: String
  /// Below qualifiers and typedefs.
  package let kind: BTFKind
  package let isSigned: Bool
  /// The struct or union that a pointer, or an array of them, leads to, without flavour; empty for
  /// other fields.
  let pointee: String
  /// First bit and number of bits of a bit-field; nil for other fields.
  package let bits: BitRange?

  package struct BitRange: Sendable, Equatable {
    package let offset: Int
    package let size: Int
  }
}

/// Finds an object's fields among the types of a kernel, by the rules of libbpf's
/// `bpf_core_spec_match()`: members by name, also through anonymous structs, of compatible types.
struct FieldMatcher: Sendable {
  let object: BTFTypes
  let kernel: BTFTypes
  let pointerSize: Int
  /// The field in a struct of the kernel; nil when it is not there, or of an incompatible type.
  func place(of path: FieldPath, in candidate: UInt32) -> FieldPlace? {
    var type = candidate
    var bits = 0
    var bitSize = 0
    for (index, step) in path.steps.enumerated() {
      bitSize = 0
      switch step {
      case .element(let number):
        if index > 0 {
          guard let array = kernel.array(kernel.resolved(type)),
            number < array.count || array.count == 0
          else { return nil }
          type = array.element
        }
        guard number > 0 else { continue }
        guard let size = kernel.size(of: type, pointerSize: pointerSize) else { return nil }
        let (product, overflow) = size.multipliedReportingOverflow(by: number)
        guard !overflow, product < 1 << 32 else { return nil }
        bits += product * 8
      case .member(let name, let local):
        guard let found = member(Array(name.utf8), of: type), areCompatible(local, found.type)
        else { return nil }
        bits += found.bits
        bitSize = found.bitSize
        type = found.type
      }
    }
    return place(type: type, bits: bits, bitSize: bitSize)
  }

  private func place(type id: UInt32, bits: Int, bitSize: Int) -> FieldPlace? {
    let type = kernel.resolved(id)
    let element = kernel.array(type).map { kernel.resolved($0.element) } ?? type
    let target = kernel.resolved(element.target)
    func place(_ offset: Int, _ size: Int, _ bits: FieldPlace.BitRange? = nil) -> FieldPlace {
      FieldPlace(
        offset: offset, size: size, type: kernel.text(of: id), kind: type.kind,
        isSigned: kernel.isSigned(type),
        pointee: element.kind == .pointer && target.kind.isComposite
          ? essentialName(target.name) : "",
        bits: bits)
    }
    // Arrays of no known size and the like: they can be pointed at.
    guard let size = kernel.size(of: id, pointerSize: pointerSize) else {
      return place(bits / 8, 0)
    }
    guard bitSize > 0, size > 0 else { return place(bits / 8, size) }
    var word = size
    var offset = bits / 8 / word * word
    while bits + bitSize - offset * 8 > word * 8, word < 8 {
      word *= 2
      offset = bits / 8 / word * word
    }
    return place(offset, word, .init(offset: bits, size: bitSize))
  }

  /// A member, also of an anonymous struct inside. ``BTFMemberCount`` bounds how many there are.
  private func member(
    _ name: [UInt8], of id: UInt32
  ) -> (type: UInt32, bits: Int, bitSize: Int)? {
    let type = kernel.resolved(id)
    guard type.kind.isComposite else { return nil }
    for index in 0..<type.memberCount {
      let base = type.place + 12 * index
      let offset = kernel.word(base)
      let isAnonymous = kernel.isText(at: offset, [])
      guard isAnonymous || kernel.isText(at: offset, name) else { continue }
      let member = kernel.member(type, at: index)
      if !isAnonymous || name.isEmpty {
        return (member.type, Int(member.bitOffset), Int(member.bitSize))
      }
      if let found = self.member(name, of: member.type) {
        return (found.type, Int(member.bitOffset) + found.bits, found.bitSize)
      }
    }
    return nil
  }

  /// `bpf_core_fields_are_compat()`
  func areCompatible(_ local: UInt32, _ target: UInt32) -> Bool {
    var (local, target) = (local, target)
    for _ in 0..<32 {
      let (own, other) = (object.resolved(local), kernel.resolved(target))
      if own.kind.isComposite, other.kind.isComposite { return true }
      if own.kind.isEnumeration, other.kind.isEnumeration { return areSame(own.name, other.name) }
      guard own.kind == other.kind else { return false }
      switch own.kind {
      case .pointer, .float, .integer: return true
      case .forward: return areSame(own.name, other.name)
      case .array:
        guard let inner = object.array(own), let outer = kernel.array(other) else { return false }
        (local, target) = (inner.element, outer.element)
      default: return false
      }
    }
    return false
  }

  private func areSame(_ local: String, _ target: String) -> Bool {
    local.isEmpty || target.isEmpty || essentialName(local) == essentialName(target)
  }
}
