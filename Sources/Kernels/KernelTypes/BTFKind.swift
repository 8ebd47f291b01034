/// `BTF_KIND_…` of `include/uapi/linux/btf.h`.
package enum BTFKind: UInt8, Sendable {
  case void = 0
  case integer, pointer, array, structure, union, enumeration, forward, typedef, volatile, const
  case restrict, function, prototype, variable, dataSection, float, declarationTag, typeTag
  case enumeration64

  /// Bytes after the three words that every type has.
  func extraBytes(_ count: Int) -> Int {
    switch self {
    case .integer, .variable, .declarationTag: 4
    case .array: 12
    case .structure, .union, .dataSection, .enumeration64: 12 * count
    case .enumeration, .prototype: 8 * count
    case .void, .pointer, .forward, .typedef, .volatile, .const, .restrict, .function, .float,
      .typeTag:
      0
    }
  }

  /// Whether the third word is another type's id; else it is a size, or nothing.
  var refersToType: Bool {
    switch self {
    case .pointer, .typedef, .volatile, .const, .restrict, .function, .prototype, .variable,
      .declarationTag, .typeTag:
      true
    case .void, .integer, .array, .structure, .union, .enumeration, .forward, .dataSection, .float,
      .enumeration64:
      false
    }
  }

  /// Whether it only qualifies or renames another type.
  var isModifier: Bool {
    switch self {
    case .typedef, .volatile, .const, .restrict, .typeTag: true
    default: false
    }
  }

  package var isComposite: Bool { self == .structure || self == .union }

  var isEnumeration: Bool { self == .enumeration || self == .enumeration64 }
}
