extension CoreAnswer {
  /// Why a read of the field does not get its value.
  ///
  /// - Parameters:
  ///   - read: as the program makes it.
  ///   - isShifted: whether the program cuts the field's bits out of what it read.
  /// - Returns: nil when it gets the value, or when that is not known.
  func misfit(of read: ProgramFlow.Read, isShifted: Bool) -> MisfitError? {
    guard let place, let own else { return nil }
    if !own.pointee.isEmpty, !place.pointee.isEmpty, own.pointee != place.pointee {
      return .pointee
    }
    return read.isRelocated ? misfitOfLoad(place, own) : misfit(place, size: read.size, isShifted)
  }

  /// libbpf gives a load the field's width where both are pointers or unsigned integers, and refuses
  /// other widths, and bit-fields where the object has none.
  private func misfitOfLoad(_ place: FieldPlace, _ own: FieldPlace) -> MisfitError? {
    if place.bits != nil || own.bits != nil {
      return place.bitsInWord == own.bitsInWord && place.size == own.size ? nil : .bits
    }
    if place.size == own.size || place.kind == .pointer { return nil }
    let areUnsigned =
      place.kind == .integer && own.kind == .integer && !place.isSigned && !own.isSigned
    return areUnsigned && [1, 2, 4, 8].contains(place.size) ? nil : .size
  }

  /// Nothing but the program itself looks at a width that it asks for by helper, or at an address
  /// that it computes.
  private func misfit(_ place: FieldPlace, size: UInt64?, _ isShifted: Bool) -> MisfitError? {
    guard let size else { return nil }
    switch place.kind {
    case .integer, .enumeration, .enumeration64:
      if place.bits != nil, !isShifted { return .bits }
      return size == UInt64(place.size) ? nil : .size
    // Following a pointer of 4 bytes, the kernel takes no notice of what is above them.
    case .pointer: return size >= UInt64(place.size) ? nil : .size
    default: return place.size == 0 || size <= UInt64(place.size) ? nil : .size
    }
  }
}

extension FieldPlace {
  /// The bits of a bit-field, counted from the word that holds it.
  fileprivate var bitsInWord: BitRange? {
    bits.map { BitRange(offset: $0.offset - offset * 8, size: $0.size) }
  }
}
