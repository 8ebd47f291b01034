/// The first bytes of a segment: its number, the hash of the segment before it, and whose log it is of.
///
/// The chain makes a segment that was removed or exchanged visible.
struct SegmentHeader: Sendable, Equatable {
  static let size = 64
  private static let magic = Array("LGSEGMT1".utf8)
  private static let digestSize = 32

  var number: UInt64
  /// SHA-256 of the file before; zeros for the first.
  var previous: [UInt8]
  var log: LogIdentity

  static let noDigest = [UInt8](repeating: 0, count: digestSize)

  var bytes: [UInt8] {
    var bytes = Self.magic
    LittleEndian.append(number, to: &bytes)
    bytes += previous
    LittleEndian.append(log.rawValue, to: &bytes)
    bytes += [UInt8](repeating: 0, count: Self.size - 4 - bytes.count)
    LittleEndian.append(Checksum.of(bytes[...]), to: &bytes)
    return bytes
  }

  init(number: UInt64, previous: [UInt8], log: LogIdentity) {
    self.number = number
    self.previous = previous
    self.log = log
  }

  /// - Returns: nil for bytes that are no header.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.size, bytes.starts(with: Self.magic) else { return nil }
    let sum = LittleEndian.read(UInt32.self, bytes, at: Self.size - 4)
    guard sum == Checksum.of(bytes[..<(Self.size - 4)]) else { return nil }
    number = LittleEndian.read(UInt64.self, bytes, at: Self.magic.count)
    let end = 16 + Self.digestSize
    previous = Array(bytes[16..<end])
    log = LogIdentity(rawValue: LittleEndian.read(UInt64.self, bytes, at: end))
  }
}
