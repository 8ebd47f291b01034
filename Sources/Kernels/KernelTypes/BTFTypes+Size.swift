extension BTFTypes {
  /// Bytes of a pointer, by the size of this BTF's `long`; 8 without one.
  package var pointerSize: Int {
    for name in ["long", "long int", "unsigned long", "long unsigned int"] {
      if let id = type(named: name, .integer) { return self[id].size == 4 ? 4 : 8 }
    }
    return 8
  }

  /// No type of a program has more bytes, so that sums of sizes have room.
  private static let mostBytes = 1 << 40

  /// Bytes of a type; nil for functions, `void` and forward declarations, and beyond 2^40.
  /// ``pointerSize`` is given, since it takes a search.
  package func size(of id: UInt32, pointerSize: Int) -> Int? {
    var factor = 1
    var id = id
    for _ in 0..<32 {
      let type = resolved(id)
      switch type.kind {
      case .integer, .structure, .union, .enumeration, .enumeration64, .float:
        let (bytes, overflow) = Int(type.size).multipliedReportingOverflow(by: factor)
        return overflow || bytes > Self.mostBytes ? nil : bytes
      case .pointer: return factor * pointerSize
      case .array:
        guard let array = array(type) else { return nil }
        let (product, overflow) = factor.multipliedReportingOverflow(by: Int(array.count))
        if overflow || product > Self.mostBytes { return nil }
        factor = product
        id = array.element
      default: return nil
      }
    }
    return nil
  }

  /// Whether values of an integer or an enumeration may be negative.
  func isSigned(_ type: BTFType) -> Bool {
    type.kind == .integer && word(type.place) >> 24 & 1 == 1
      || type.kind.isEnumeration && type.hasFlag
  }
}
