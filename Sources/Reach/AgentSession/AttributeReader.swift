import CAgentABI

/// One attribute of a frame that was checked to lie inside its payload.
package struct Attribute: Sendable, Equatable {
  /// An `LG_ATTR_` number.
  package var type: UInt16
  package var value: [UInt8]

  package init(type: UInt16, value: [UInt8]) {
    self.type = type
    self.value = value
  }
}

/// The attributes of one payload, read with bounds: the sender is not trusted.
package struct AttributeReader: Sendable {
  package let attributes: [Attribute]
  /// Named by errors, such as `HISTOGRAM`.
  private let context: String

  /// - Throws: ``AgentSessionError/malformed(_:)`` when an attribute leaves the payload or its
  ///   padding is not zero.
  package init(payload: [UInt8], context: String) throws(AgentSessionError) {
    self.context = context
    var found: [Attribute] = []
    var rest = payload[...]
    while !rest.isEmpty {
      guard rest.count >= Int(LG_ATTR_HEADER_SIZE) else {
        throw .malformed("\(context): \(rest.count) bytes after its last attribute")
      }
      let type: UInt16 = LittleEndian.number(rest.prefix(2))
      let zero: UInt16 = LittleEndian.number(rest.dropFirst(2).prefix(2))
      let length: UInt32 = LittleEndian.number(rest.dropFirst(4).prefix(4))
      rest = rest.dropFirst(Int(LG_ATTR_HEADER_SIZE))
      let padding = (4 - Int(length % 4)) % 4
      guard zero == 0, Int(length) + padding <= rest.count else {
        throw .malformed(
          "\(context): attribute \(type) of \(length) bytes, but \(rest.count) are left")
      }
      let value = Array(rest.prefix(Int(length)))
      rest = rest.dropFirst(Int(length))
      guard rest.prefix(padding).allSatisfy({ $0 == 0 }) else {
        throw .malformed("\(context): attribute \(type) has padding other than zero")
      }
      rest = rest.dropFirst(padding)
      found.append(Attribute(type: type, value: value))
    }
    self.attributes = found
  }

  /// All values of a type, in order.
  package func all(_ type: Int) -> [[UInt8]] {
    attributes.filter { $0.type == type }.map(\.value)
  }

  /// The first value of a type.
  package func optional(_ type: Int) -> [UInt8]? {
    attributes.first { $0.type == type }?.value
  }

  /// - Throws: ``AgentSessionError/malformed(_:)`` when it is missing.
  package func bytes(_ type: Int) throws(AgentSessionError) -> [UInt8] {
    guard let value = optional(type) else { throw .malformed("\(context): no attribute \(type)") }
    return value
  }

  /// A number of exactly the width asked for.
  /// - Throws: ``AgentSessionError/malformed(_:)``.
  package func number<Number: FixedWidthInteger>(
    _ type: Int, as _: Number.Type = Number.self
  ) throws(AgentSessionError) -> Number {
    let value = try bytes(type)
    guard value.count == Number.bitWidth / 8 else {
      throw .malformed("\(context): attribute \(type) has \(value.count) bytes")
    }
    return LittleEndian.number(value)
  }

  /// As ``number(_:as:)``; nil when it is missing.
  package func optionalNumber<Number: FixedWidthInteger>(
    _ type: Int, as _: Number.Type = Number.self
  ) throws(AgentSessionError) -> Number? {
    if optional(type) == nil { return nil }
    return try number(type, as: Number.self)
  }

  /// Text with malformed UTF-8 replaced.
  /// - Throws: ``AgentSessionError/malformed(_:)`` when it is missing.
  package func text(_ type: Int) throws(AgentSessionError) -> String {
    String(decoding: try bytes(type), as: UTF8.self)
  }

  /// Whether it is there.
  func has(_ type: Int) -> Bool { optional(type) != nil }

  /// As ``text(_:)``; nil when it is missing.
  package func optionalText(_ type: Int) -> String? {
    optional(type).map { String(decoding: $0, as: UTF8.self) }
  }
}
