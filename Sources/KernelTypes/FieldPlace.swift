/// Where a kernel keeps a field.
package struct FieldPlace: Sendable, Equatable {
  /// Bytes from the start of the root type; of bit-fields, of the word that holds it.
  package let offset: Int
  package let size: Int
  /// As a C programmer writes it.
  package let type: String
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
        guard let found = member(name, of: type, depth: 0), areCompatible(local, found.type)
        else { return nil }
        bits += found.bits
        bitSize = found.bitSize
        type = found.type
      }
    }
    return place(type: type, bits: bits, bitSize: bitSize)
  }

  private func place(type: UInt32, bits: Int, bitSize: Int) -> FieldPlace? {
    guard let size = kernel.size(of: type, pointerSize: pointerSize) else {
      // Arrays of no known size and the like: they can be pointed at.
      return FieldPlace(offset: bits / 8, size: 0, type: kernel.text(of: type), bits: nil)
    }
    guard bitSize > 0, size > 0 else {
      return FieldPlace(offset: bits / 8, size: size, type: kernel.text(of: type), bits: nil)
    }
    var word = size
    var offset = bits / 8 / word * word
    while bits + bitSize - offset * 8 > word * 8, word < 8 {
      word *= 2
      offset = bits / 8 / word * word
    }
    return FieldPlace(
      offset: offset, size: word, type: kernel.text(of: type),
      bits: .init(offset: bits, size: bitSize))
  }

  private func member(
    _ name: String, of id: UInt32, depth: Int
  ) -> (type: UInt32, bits: Int, bitSize: Int)? {
    guard depth < 16 else { return nil }
    for member in kernel.members(of: kernel.resolved(id)) {
      if member.name == name {
        return (member.type, Int(member.bitOffset), Int(member.bitSize))
      }
      if member.name.isEmpty, let found = self.member(name, of: member.type, depth: depth + 1) {
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
