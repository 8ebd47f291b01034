/// Where an argument of a USDT probe is at each location, where these are not all the same.
package struct USDTPlaces: Sendable, Equatable {
  /// The place at one location.
  package struct Place: Sendable, Equatable {
    /// Where in its page the location's instruction is, which no load address changes.
    package let pageOffset: UInt32
    package let operand: USDTOperand
  }

  /// Why no program can read the argument at all locations.
  struct UnreadableError: Error {
    let reason: String
  }

  /// Locations that a program can distinguish: `LG_TEMPLATE_LOCATIONS`.
  package static let most = 16
  /// Bytes of the smallest page.
  private static let page: UInt64 = 4096

  /// Bytes of a number that holds what every location has: 1, 2, 4 or 8.
  package let size: Int
  /// Whether that number may be below 0.
  package let isSigned: Bool
  /// By ``Place/pageOffset``, ascending, each once.
  package let places: [Place]

  /// - Parameters:
  ///   - locations: of one probe.
  ///   - operands: of one argument, as many as there are locations.
  /// - Throws: ``UnreadableError``.
  init(_ locations: [USDTLocation], _ operands: [USDTOperand]) throws(UnreadableError) {
    var found: [UInt32: (address: UInt64, operand: USDTOperand)] = [:]
    for (location, operand) in zip(locations, operands) {
      let offset = UInt32(location.address % Self.page)
      if let other = found[offset], other.operand != operand {
        let both = [other.address, location.address].map { "0x\(String($0, radix: 16))" }
        throw UnreadableError(
          reason: "is in different places at the locations \(both[0]) and \(both[1]), which "
            + "cannot be distinguished: their last three digits are the same")
      }
      found[offset] = (location.address, operand)
    }
    guard found.count <= Self.most else {
      throw UnreadableError(
        reason: "is in different places at \(found.count) locations, and at most \(Self.most) can "
          + "be distinguished")
    }
    guard let (size, isSigned) = Self.common(operands) else {
      throw UnreadableError(
        reason: "has 8 bytes without a sign at one location and a sign at another: no number of "
          + "8 bytes holds both")
    }
    self.size = size
    self.isSigned = isSigned
    places = found.sorted { $0.key < $1.key }.map {
      Place(pageOffset: $0.key, operand: $0.value.operand)
    }
  }

  /// The smallest number that holds those of all operands; nil where none does.
  private static func common(_ operands: [USDTOperand]) -> (size: Int, isSigned: Bool)? {
    if let first = operands.first,
      operands.allSatisfy({ $0.size == first.size && $0.isSigned == first.isSigned })
    {
      return (first.size, first.isSigned)
    }
    guard operands.contains(where: \.mayBeNegative) else {
      return operands.map(\.size).max().map { ($0, false) }
    }
    return operands.map(\.signedSize).max().flatMap { $0 <= 8 ? ($0, true) : nil }
  }
}

extension USDTOperand {
  /// A constant has a sign by its type alone.
  fileprivate var mayBeNegative: Bool {
    if case .constant(let value) = source { return isSigned && value < 0 }
    return isSigned
  }

  /// Bytes of a number with a sign that holds this one.
  fileprivate var signedSize: Int {
    if isSigned { return size }
    if case .constant(let value) = source, value >> (8 * size - 1) == 0 { return size }
    return 2 * size
  }
}
