/// One type of a ``BTFTypes``.
package struct BTFType: Sendable, Equatable {
  package let id: UInt32
  package let kind: BTFKind
  /// Empty for types without one.
  package let name: String
  /// Bytes of integers, structs, unions, enumerations and floats.
  package let size: UInt32
  /// What it points to, renames, qualifies or returns; 0, `void`, where it refers to nothing.
  package let target: UInt32
  /// Members, parameters or enumerators.
  let memberCount: Int
  /// Structs whose member offsets carry the size of bit-fields.
  let hasFlag: Bool
  /// Where what follows its three words begins.
  let place: Int
}

/// A member of a struct or union.
package struct BTFMember: Sendable, Equatable {
  /// Empty for an anonymous struct or union.
  package let name: String
  package let type: UInt32
  /// From the start of the struct.
  package let bitOffset: UInt32
  /// 0 for all but bit-fields.
  package let bitSize: UInt32
}

extension BTFTypes {
  /// A type by its id; `void` for 0 and for what is not there.
  package subscript(id: UInt32) -> BTFType {
    guard let at = place(id) else {
      return BTFType(
        id: 0, kind: .void, name: "", size: 0, target: 0, memberCount: 0, hasFlag: false, place: 0)
    }
    let info = word(at + 4)
    let kind = BTFKind(rawValue: UInt8(truncatingIfNeeded: info >> 24 & 0x1f)) ?? .void
    let third = word(at + 8)
    return BTFType(
      id: id, kind: kind, name: text(at: word(at)), size: kind.refersToType ? 0 : third,
      target: kind.refersToType ? third : 0, memberCount: Int(info & 0xffff),
      hasFlag: info >> 31 == 1, place: at + 12)
  }

  /// Of a struct or union; empty for others.
  package func members(of type: BTFType) -> [BTFMember] {
    guard type.kind.isComposite else { return [] }
    return (0..<type.memberCount).map { member(type, at: $0) }
  }

  /// One of a struct's or union's members, of which there are as many as its `memberCount`.
  func member(_ type: BTFType, at index: Int) -> BTFMember {
    let base = type.place + 12 * index
    let offset = word(base + 8)
    return BTFMember(
      name: text(at: word(base)), type: word(base + 4),
      bitOffset: type.hasFlag ? offset & 0xffffff : offset,
      bitSize: type.hasFlag ? offset >> 24 : 0)
  }

  /// Of a prototype: names and types in order; a type 0 at the end stands for `...`.
  package func parameters(of type: BTFType) -> [(name: String, type: UInt32)] {
    guard type.kind == .prototype else { return [] }
    return (0..<type.memberCount).map { index in
      let base = type.place + 8 * index
      return (text(at: word(base)), word(base + 4))
    }
  }

  /// Of an enumeration of either width; values as 64 bits.
  package func enumerators(of type: BTFType) -> [(name: String, value: UInt64)] {
    guard type.kind.isEnumeration else { return [] }
    let isWide = type.kind == .enumeration64
    return (0..<type.memberCount).map { index in
      let base = type.place + (isWide ? 12 : 8) * index
      let low = word(base + 4)
      if isWide { return (text(at: word(base)), UInt64(word(base + 8)) << 32 | UInt64(low)) }
      let value = type.hasFlag ? UInt64(bitPattern: Int64(Int32(bitPattern: low))) : UInt64(low)
      return (text(at: word(base)), value)
    }
  }

  /// Of an array: its element and their number.
  package func array(_ type: BTFType) -> (element: UInt32, count: UInt32)? {
    guard type.kind == .array else { return nil }
    return (word(type.place), word(type.place + 8))
  }

  /// The type below qualifiers and typedefs.
  package func resolved(_ id: UInt32) -> BTFType {
    var type = self[id]
    // Chains were seen to end.
    while type.kind.isModifier { type = self[type.target] }
    return type
  }
}
