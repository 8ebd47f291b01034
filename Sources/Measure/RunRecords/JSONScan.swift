/// Looks through bytes that Foundation would not read as JSON. Foundation keeps the place to itself
/// on Linux, and a file that was cut off in transfer is best shown by it.
struct JSONScan {
  /// One step from the document to a value in it.
  enum Step: Equatable {
    case key(Range<Int>)
    case index(Int)
  }

  enum Fault: Equatable {
    /// The bytes end, or only zeros follow, before the document does.
    case cutOff
    case unexpected
    case text(String)
  }

  /// Lists and objects inside each other; Foundation's limit too.
  static let mostLevels = 512

  private let bytes: [UInt8]
  private(set) var position = 0
  /// Of the value at ``position``.
  private(set) var path: [Step] = []
  /// What is not JSON at ``position``; nil for sound JSON.
  private(set) var fault: Fault?
  /// Where the numbers are, in order.
  private(set) var numbers: [Range<Int>] = []
  /// Steps to the values whose bytes begin here, once one of them was asked for.
  private var wanted: ((Int, [Step]) -> Void)?

  /// - Parameters:
  ///   - bytes: UTF-8, without a byte order mark.
  ///   - value: gets the place of each value, and the way to it.
  init(_ bytes: [UInt8], value: ((Int, [Step]) -> Void)? = nil) {
    self.bytes = bytes
    wanted = value
    skipSpace()
    var isSound = skipValue()
    if isSound {
      skipSpace()
      isSound = position == bytes.count
    }
    guard !isSound, fault == nil else { return }
    fault = bytes[position...].allSatisfy { $0 == 0 } ? .cutOff : .unexpected
  }

  /// `line 3, column 14, in iterations[2].index`
  var place: String {
    let before = bytes.prefix(position)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
    let inside = path.isEmpty ? "" : ", in \(text(of: path))"
    return "line \(line), column \(column)\(inside)"
  }

  /// `iterations[2].index`
  func text(of path: [Step]) -> String {
    path.reduce(into: "") { text, step in
      switch step {
      case .index(let index): text += "[\(index)]"
      case .key(let range):
        text += (text.isEmpty ? "" : ".") + String(decoding: bytes[range], as: UTF8.self)
      }
    }
  }

  // MARK: - Values

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

  /// Steps over a value, or stops at its fault.
  private mutating func skipValue() -> Bool {
    wanted?(position, path)
    switch next {
    case UInt8(ascii: "{"):
      return skipList(closing: UInt8(ascii: "}")) { scan, _ in
        let key = (scan.position + 1)..<max(scan.position + 1, scan.bytes.count)
        guard scan.skipString() else { return false }
        scan.path.append(.key(key.lowerBound..<(scan.position - 1)))
        scan.skipSpace()
        guard scan.skip(UInt8(ascii: ":")) else { return false }
        scan.skipSpace()
        return scan.skipValue()
      }
    case UInt8(ascii: "["):
      return skipList(closing: UInt8(ascii: "]")) { scan, index in
        scan.path.append(.index(index))
        return scan.skipValue()
      }
    case UInt8(ascii: "\""): return skipString()
    case UInt8(ascii: "t"): return skipWord("true")
    case UInt8(ascii: "f"): return skipWord("false")
    case UInt8(ascii: "n"): return skipWord("null")
    default: return skipNumber()
    }
  }

  /// Steps over a list; `element` over one of it, having added its step to the path.
  private mutating func skipList(
    closing: UInt8, element: (inout JSONScan, Int) -> Bool
  ) -> Bool {
    guard path.count < Self.mostLevels else {
      fault = .text("more than \(Self.mostLevels) lists and objects inside each other")
      path = []
      return false
    }
    position += 1
    skipSpace()
    if skip(closing) { return true }
    var index = 0
    while true {
      guard element(&self, index) else { return false }
      path.removeLast()
      index += 1
      skipSpace()
      if skip(closing) { return true }
      guard skip(UInt8(ascii: ",")) else { return false }
      skipSpace()
    }
  }

  private mutating func skipWord(_ word: String) -> Bool {
    word.utf8.allSatisfy { skip($0) }
  }

  // MARK: - Text

  private mutating func skipString() -> Bool {
    guard skip(UInt8(ascii: "\"")) else { return false }
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return true
      case UInt8(ascii: "\\"): guard skipEscape() else { return false }
      case 0..<0x20: return false
      case 0x20..<0x80: position += 1
      default: guard skipWideCharacter() else { return false }
      }
    }
    return false
  }

  private mutating func skipEscape() -> Bool {
    position += 1
    guard let byte = next else { return false }
    guard byte == UInt8(ascii: "u") else {
      guard "\"\\/bfnrt".utf8.contains(byte) else { return false }
      position += 1
      return true
    }
    guard let first = skipUnit() else { return false }
    switch first {
    case 0xd800..<0xdc00:
      guard skip(UInt8(ascii: "\\")), next == UInt8(ascii: "u"), let second = skipUnit() else {
        return false
      }
      if (0xdc00..<0xe000).contains(second) { return true }
      fault = .text("half of a UTF-16 character")
      return false
    case 0xdc00..<0xe000:
      fault = .text("half of a UTF-16 character")
      return false
    default: return true
    }
  }

  /// The value of `u` and four hexadecimal digits.
  private mutating func skipUnit() -> UInt32? {
    position += 1
    let digits = bytes[position..<min(position + 4, bytes.count)].prefix(while: \.isHexDigit)
    position += digits.count
    return digits.count == 4 ? UInt32(String(decoding: digits, as: UTF8.self), radix: 16) : nil
  }

  private mutating func skipWideCharacter() -> Bool {
    var decoder = UTF8()
    var rest = bytes[position..<min(position + 4, bytes.count)].makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&rest) else {
      // A character that the end of the file parts is no wrong one.
      let tail = bytes.suffix(from: position)
      if tail.count < 4, tail.dropFirst().allSatisfy({ $0 & 0xc0 == 0x80 }) {
        position = bytes.count
      } else {
        fault = .text("a byte that is not UTF-8")
      }
      return false
    }
    position += String(scalar).utf8.count
    return true
  }

  // MARK: - Numbers

  private mutating func skipDigits() -> Bool {
    let start = position
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position > start
  }

  private mutating func skipNumber() -> Bool {
    let start = position
    _ = skip(UInt8(ascii: "-"))
    if !skip(UInt8(ascii: "0")), !skipDigits() { return false }
    if skip(UInt8(ascii: ".")), !skipDigits() { return false }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      guard skipDigits() else { return false }
    }
    numbers.append(start..<position)
    return true
  }
}

extension UInt8 {
  fileprivate var isHexDigit: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
