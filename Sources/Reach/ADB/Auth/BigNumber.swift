/// A modulus of 2048 bits, as far as Android's public key format needs arithmetic on it.
struct BigNumber: Sendable, Equatable {
  /// Words of 32 bits, least significant first.
  private var words: [UInt32]

  /// - Precondition: a multiple of four bytes.
  init(littleEndian bytes: [UInt8]) {
    words = stride(from: 0, to: bytes.count, by: 4).map { LittleEndian.uint32(bytes[$0...]) }
  }

  private init(words: [UInt32]) {
    self.words = words
  }

  var littleEndian: [UInt8] { words.flatMap(LittleEndian.bytes) }

  /// -1/n mod 2^32, for odd n: Newton's iteration doubles the correct bits each time.
  var negativeInverse: UInt32 {
    let n = words.first ?? 1
    var inverse: UInt32 = 1
    for _ in 0..<5 { inverse = inverse &* (2 &- n &* inverse) }
    return 0 &- inverse
  }

  /// (2^bits)^2 mod n, where bits is the length of n in words: by doubling 1.
  var montgomerySquare: BigNumber {
    var value = BigNumber(words: [1] + [UInt32](repeating: 0, count: words.count - 1))
    for _ in 0..<(2 * 32 * words.count) {
      let overflows = value.double()
      if overflows || !value.isBelow(self) { value.subtract(self) }
    }
    return value
  }

  /// - Returns: the bit that fell out at the top.
  private mutating func double() -> Bool {
    var carry: UInt32 = 0
    for index in words.indices {
      let next = words[index] >> 31
      words[index] = words[index] << 1 | carry
      carry = next
    }
    return carry != 0
  }

  private func isBelow(_ other: BigNumber) -> Bool {
    for index in words.indices.reversed() where words[index] != other.words[index] {
      return words[index] < other.words[index]
    }
    return false
  }

  private mutating func subtract(_ other: BigNumber) {
    var borrow: UInt32 = 0
    for index in words.indices {
      let (first, under) = words[index].subtractingReportingOverflow(other.words[index])
      let (second, underAgain) = first.subtractingReportingOverflow(borrow)
      words[index] = second
      borrow = under || underAgain ? 1 : 0
    }
  }
}
