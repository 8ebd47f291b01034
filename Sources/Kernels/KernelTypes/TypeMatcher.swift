/// Compares whole types of an object with those of a kernel, by libbpf's rules.
struct TypeMatcher: Sendable {
  let object: BTFTypes
  let kernel: BTFTypes
  private static let depth = 32

  /// `bpf_core_types_are_compat()`: what "the type exists" asks.
  func areCompatible(_ local: UInt32, _ target: UInt32) -> Bool {
    areCompatible(local, target, depth: 0)
  }

  private func areCompatible(_ local: UInt32, _ target: UInt32, depth: Int) -> Bool {
    guard depth < Self.depth else { return false }
    let (own, other) = (object.resolved(local), kernel.resolved(target))
    if own.kind.isEnumeration, other.kind.isEnumeration { return true }
    guard own.kind == other.kind else { return false }
    switch own.kind {
    case .void, .structure, .union, .enumeration, .enumeration64, .forward, .integer: return true
    case .pointer: return areCompatible(own.target, other.target, depth: depth + 1)
    case .array:
      guard let inner = object.array(own), let outer = kernel.array(other) else { return false }
      return areCompatible(inner.element, outer.element, depth: depth + 1)
    case .prototype:
      let (mine, theirs) = (object.parameters(of: own), kernel.parameters(of: other))
      return mine.count == theirs.count
        && zip(mine, theirs).allSatisfy { areCompatible($0.type, $1.type, depth: depth + 1) }
        && areCompatible(own.target, other.target, depth: depth + 1)
    default: return false
    }
  }

  /// `bpf_core_types_match()`: what "the type matches" asks, down to members and signatures.
  func matches(_ local: UInt32, _ target: UInt32) -> Bool {
    matches(local, target, behindPointer: false, depth: 0)
  }

  private func matches(
    _ local: UInt32, _ target: UInt32, behindPointer: Bool, depth: Int
  ) -> Bool {
    guard depth < Self.depth else { return false }
    let (own, other) = (object.resolved(local), kernel.resolved(target))
    guard essentialName(own.name) == essentialName(other.name) else { return false }
    switch own.kind {
    case .void: return other.kind == .void
    case .forward:
      if own.kind == other.kind { return own.hasFlag == other.hasFlag }
      return behindPointer && other.kind == (own.hasFlag ? .union : .structure)
    case .enumeration, .enumeration64:
      let known = Set(kernel.enumerators(of: other).map { essentialName($0.name) })
      return other.kind.isEnumeration && own.size == other.size
        && object.enumerators(of: own).allSatisfy { known.contains(essentialName($0.name)) }
    case .structure, .union:
      if behindPointer {
        return own.kind == other.kind
          || other.kind == .forward && other.hasFlag == (own.kind == .union)
      }
      return own.kind == other.kind && haveSameMembers(own, other, depth: depth)
    case .integer:
      return other.kind == .integer && object.isSigned(own) == kernel.isSigned(other)
    case .pointer:
      return other.kind == .pointer
        && matches(own.target, other.target, behindPointer: true, depth: depth + 1)
    case .array:
      guard let inner = object.array(own), let outer = kernel.array(other) else { return false }
      return inner.count == outer.count
        && matches(inner.element, outer.element, behindPointer: behindPointer, depth: depth + 1)
    case .prototype:
      let (mine, theirs) = (object.parameters(of: own), kernel.parameters(of: other))
      return other.kind == .prototype && mine.count == theirs.count
        && zip(mine, theirs).allSatisfy {
          matches($0.type, $1.type, behindPointer: behindPointer, depth: depth + 1)
        }
        && matches(own.target, other.target, behindPointer: behindPointer, depth: depth + 1)
    default: return false
    }
  }

  private func haveSameMembers(_ own: BTFType, _ other: BTFType, depth: Int) -> Bool {
    let theirs = kernel.members(of: other)
    return object.members(of: own).allSatisfy { member in
      theirs.contains {
        $0.name == member.name
          && matches(member.type, $0.type, behindPointer: false, depth: depth + 1)
      }
    }
  }
}
