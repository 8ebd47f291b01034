import CAgentABI

/// One frame of `agent_protocol.h`.
package struct AgentFrame: Sendable, Equatable {
  /// An `LG_MSG_` number.
  package var type: UInt16
  package var sequence: UInt32
  package var payload: [UInt8]

  package init(type: UInt16, sequence: UInt32, payload: [UInt8] = []) {
    self.type = type
    self.sequence = sequence
    self.payload = payload
  }

  static let headerSize = Int(LG_FRAME_HEADER_SIZE)

  /// - Precondition: the payload is no longer than `LG_FRAME_MAX`.
  package var bytes: [UInt8] {
    precondition(payload.count <= Int(LG_FRAME_MAX))
    return LittleEndian.bytes(UInt32(payload.count)) + LittleEndian.bytes(type)
      + LittleEndian.bytes(UInt16(0)) + LittleEndian.bytes(sequence) + payload
  }
}

/// Cuts a byte stream into frames, whatever pieces it arrives in.
package struct AgentFrameParser: Sendable {
  private var buffer: [UInt8] = []

  package init() {}

  /// True when the stream may end here.
  package var isAtBoundary: Bool { buffer.isEmpty }

  /// The bytes of a frame that is not whole yet, for messages.
  package var incomplete: [UInt8] { buffer }

  /// Takes the next bytes and returns the frames completed by them.
  /// - Throws: ``AgentSessionError/malformed(_:)`` for a length over `LG_FRAME_MAX` or flags
  ///   of no meaning: the stream cannot be followed any more.
  package mutating func feed(_ bytes: [UInt8]) throws(AgentSessionError) -> [AgentFrame] {
    buffer += bytes
    var frames: [AgentFrame] = []
    var position = 0
    while buffer.count - position >= AgentFrame.headerSize {
      let header = buffer[position..<position + AgentFrame.headerSize]
      let length: UInt32 = LittleEndian.number(header.prefix(4))
      let type: UInt16 = LittleEndian.number(header.dropFirst(4).prefix(2))
      let flags: UInt16 = LittleEndian.number(header.dropFirst(6).prefix(2))
      if length > UInt32(LG_FRAME_MAX) || flags != 0 {
        throw .malformed("bytes that are no frame: \(printable(Array(buffer[position...])))")
      }
      let end = position + AgentFrame.headerSize + Int(length)
      if end > buffer.count { break }
      frames.append(
        AgentFrame(
          type: type, sequence: LittleEndian.number(header.dropFirst(8)),
          payload: Array(buffer[(position + AgentFrame.headerSize)..<end])))
      position = end
    }
    buffer.removeFirst(position)
    return frames
  }
}

/// The beginning of some bytes as text, for messages.
func printable(_ bytes: [UInt8]) -> String {
  let text = String(decoding: bytes.prefix(80), as: UTF8.self)
  let safe = text.map { $0.isASCII && !$0.isNewline && $0 >= " " && $0 <= "~" ? $0 : "." }
  return "“\(String(safe))”"
}

/// Little-endian numbers.
enum LittleEndian {
  static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// Reads all bytes given; of more than the number's width the lowest are kept.
  static func number<Number: FixedWidthInteger>(_ bytes: some BidirectionalCollection<UInt8>)
    -> Number
  {
    bytes.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }
}
