extension CanonicalValue {
  /// Reads JSON, however it is spaced.
  /// - Throws: ``MetadataError/malformed(_:)`` for what is no JSON, is nested deeper than 32, has a
  ///   fraction, or gives a member twice.
  package init(json bytes: [UInt8]) throws(MetadataError) {
    var parser = JSONCursor(bytes: bytes)
    self = try parser.document()
  }
}

/// A cursor over bytes that anyone may have written.
private struct JSONCursor {
  private static let deepest = 32

  private let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(MetadataError) -> CanonicalValue {
    let value = try value(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw fault("there is more after its end") }
    return value
  }

  private func fault(_ what: String) -> MetadataError { .malformed("byte \(position): \(what)") }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func next() throws(MetadataError) -> UInt8 {
    skipSpace()
    guard position < bytes.count else { throw fault("it ends early") }
    return bytes[position]
  }

  private mutating func value(depth: Int) throws(MetadataError) -> CanonicalValue {
    guard depth < Self.deepest else { throw fault("nested deeper than \(Self.deepest)") }
    switch try next() {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .integer(try integer())
    }
  }

  private mutating func word(
    _ text: String, _ value: CanonicalValue
  ) throws(MetadataError) -> CanonicalValue {
    let end = position + text.utf8.count
    guard end <= bytes.count, bytes[position..<end].elementsEqual(text.utf8) else {
      throw fault("not a value")
    }
    position = end
    return value
  }

  private mutating func object(depth: Int) throws(MetadataError) -> CanonicalValue {
    position += 1
    var members: [String: CanonicalValue] = [:]
    if try next() == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    while true {
      guard try next() == UInt8(ascii: "\"") else { throw fault("not a member's name") }
      let name = try string()
      guard try next() == UInt8(ascii: ":") else { throw fault("no ':' after a member's name") }
      position += 1
      guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
        throw fault("member '\(name)' twice")
      }
      let end = try next()
      position += 1
      if end == UInt8(ascii: "}") { return .object(members) }
      guard end == UInt8(ascii: ",") else { throw fault("neither ',' nor '}'") }
    }
  }

  private mutating func array(depth: Int) throws(MetadataError) -> CanonicalValue {
    position += 1
    var values: [CanonicalValue] = []
    if try next() == UInt8(ascii: "]") {
      position += 1
      return .array(values)
    }
    while true {
      values.append(try value(depth: depth + 1))
      let end = try next()
      position += 1
      if end == UInt8(ascii: "]") { return .array(values) }
      guard end == UInt8(ascii: ",") else { throw fault("neither ',' nor ']'") }
    }
  }

  private mutating func integer() throws(MetadataError) -> Int64 {
    let start = position
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // "01" and "-0" have a second way to be written, and no place in what is signed.
    guard let number = Int64(text), "\(number)" == text else { throw fault("not a whole number") }
    if position < bytes.count, [0x2e, 0x65, 0x45].contains(bytes[position]) {
      throw fault("a number with a fraction")
    }
    return number
  }

  private mutating func string() throws(MetadataError) -> String {
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw fault("a string that is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text += try escape()
      case 0..<0x20: throw fault("a control character in a string")
      default: text.append(byte)
      }
    }
    throw fault("a string without end")
  }

  private mutating func escape() throws(MetadataError) -> [UInt8] {
    guard position < bytes.count else { throw fault("it ends early") }
    let kind = bytes[position]
    position += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [kind]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "u"): return try unicode()
    default: throw fault("an unknown escape")
    }
  }

  private mutating func unicode() throws(MetadataError) -> [UInt8] {
    var unit = UInt32(try hexUnit())
    if (0xd800..<0xdc00).contains(unit) {
      guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      else { throw fault("half of a surrogate pair") }
      position += 2
      let low = UInt32(try hexUnit())
      guard (0xdc00..<0xe000).contains(low) else { throw fault("half of a surrogate pair") }
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
    }
    guard let scalar = Unicode.Scalar(unit) else { throw fault("half of a surrogate pair") }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func hexUnit() throws(MetadataError) -> UInt16 {
    guard position + 4 <= bytes.count,
      let text = String(validating: bytes[position..<(position + 4)], as: UTF8.self),
      text.allSatisfy(\.isHexDigit), let unit = UInt16(text, radix: 16)
    else { throw fault("an escape that is not four hex digits") }
    position += 4
    return unit
  }
}
