/// Where bytes stop being JSON. Foundation keeps the place to itself on Linux, and a record that
/// was cut off in transfer is best told by it.
struct JSONFault {
  private let bytes: [UInt8]
  private var position = 0

  /// `line 3, column 14: …` of the first fault; nil for sound JSON.
  static func locate(in bytes: [UInt8]) -> String? {
    var fault = JSONFault(bytes: bytes)
    fault.skipSpace()
    if fault.skipValue(depth: 0) {
      fault.skipSpace()
      if fault.position == bytes.count { return nil }
    }
    return fault.text
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var text: String {
    let before = bytes.prefix(position)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
    let what = position < bytes.count ? "unexpected character" : "the file ends here"
    return "line \(line), column \(column): \(what)"
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
      position += 1
    }
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  /// Steps over a value, or stops at its fault. 512 levels are Foundation's limit too.
  private mutating func skipValue(depth: Int) -> Bool {
    guard depth < 512 else { return false }
    switch next {
    case UInt8(ascii: "{"):
      return skipList(closing: UInt8(ascii: "}")) { fault in
        guard fault.skipString() else { return false }
        fault.skipSpace()
        guard fault.skip(UInt8(ascii: ":")) else { return false }
        fault.skipSpace()
        return fault.skipValue(depth: depth + 1)
      }
    case UInt8(ascii: "["):
      return skipList(closing: UInt8(ascii: "]")) { $0.skipValue(depth: depth + 1) }
    case UInt8(ascii: "\""): return skipString()
    case UInt8(ascii: "t"): return skipWord("true")
    case UInt8(ascii: "f"): return skipWord("false")
    case UInt8(ascii: "n"): return skipWord("null")
    default: return skipNumber()
    }
  }

  private mutating func skipList(
    closing: UInt8, element: (inout JSONFault) -> Bool
  ) -> Bool {
    position += 1
    skipSpace()
    if skip(closing) { return true }
    while true {
      guard element(&self) else { return false }
      skipSpace()
      if skip(closing) { return true }
      guard skip(UInt8(ascii: ",")) else { return false }
      skipSpace()
    }
  }

  private mutating func skipString() -> Bool {
    guard skip(UInt8(ascii: "\"")) else { return false }
    while let byte = next {
      guard byte >= 0x20 else { return false }
      position += 1
      if byte == UInt8(ascii: "\"") { return true }
      if byte == UInt8(ascii: "\\") {
        guard next != nil else { return false }
        position += 1
      }
    }
    return false
  }

  private mutating func skipWord(_ word: String) -> Bool {
    word.utf8.allSatisfy { skip($0) }
  }

  private mutating func skipDigits() -> Bool {
    let start = position
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position > start
  }

  private mutating func skipNumber() -> Bool {
    _ = skip(UInt8(ascii: "-"))
    guard skipDigits() else { return false }
    if skip(UInt8(ascii: ".")), !skipDigits() { return false }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      return skipDigits()
    }
    return true
  }
}
