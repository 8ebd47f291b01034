import CAgentABI

/// Builds a payload of attributes.
package struct AttributeWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// Adds an attribute; `type` is an `LG_ATTR_` number.
  package mutating func put(_ type: Int, _ value: some Collection<UInt8>) {
    bytes += LittleEndian.bytes(UInt16(type)) + [0, 0] + LittleEndian.bytes(UInt32(value.count))
    bytes += value
    bytes += [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
  }

  package mutating func put(_ type: Int, _ value: UInt32) {
    put(type, LittleEndian.bytes(value))
  }

  package mutating func put(_ type: Int, _ value: UInt64) {
    put(type, LittleEndian.bytes(value))
  }

  package mutating func put(_ type: Int, text: String) {
    put(type, text.utf8)
  }

  /// An attribute that holds attributes.
  package mutating func put(_ type: Int, nested fill: (inout AttributeWriter) -> Void) {
    var inner = AttributeWriter()
    fill(&inner)
    put(type, inner.bytes)
  }
}
