/// One message of the adb wire protocol: a header of 24 bytes and a payload.
///
/// Layout and words: AOSP packages/modules/adb, `types.h` (`amessage`) and `docs/dev/protocol.md`.
package struct ADBPacket: Sendable, Equatable {
  /// Four letters, read as a little-endian number.
  package struct Command: RawRepresentable, Sendable, Hashable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) {
      self.rawValue = rawValue
    }

    package static let connect = Command("CNXN")
    package static let auth = Command("AUTH")
    package static let startTLS = Command("STLS")
    package static let open = Command("OPEN")
    package static let okay = Command("OKAY")
    package static let write = Command("WRTE")
    package static let close = Command("CLSE")

    private init(_ letters: StaticString) {
      self.init(
        rawValue: letters.withUTF8Buffer { LittleEndian.uint32($0) })
    }
  }

  package var command: Command
  package var argument0: UInt32
  package var argument1: UInt32
  package var payload: [UInt8]

  package init(
    _ command: Command, _ argument0: UInt32, _ argument1: UInt32, payload: [UInt8] = []
  ) {
    self.command = command
    self.argument0 = argument0
    self.argument1 = argument1
    self.payload = payload
  }

  /// Longest payload of this side, and of every daemon since Android 9.
  package static let payloadLimit = 1 << 20
  /// Longest payload before the peers have introduced themselves.
  package static let introductionLimit = 4096

  /// The header's bytes.
  ///
  /// The sum of the payload's bytes is required by daemons before version 0x01000001; later ones
  /// do not look at it, so it is given only where the peer's version is not known yet.
  package var header: ADBPacketHeader {
    let isIntroduction = command == .connect || command == .auth || command == .startTLS
    let sum = isIntroduction ? payload.reduce(UInt32(0)) { $0 &+ UInt32($1) } : 0
    return ADBPacketHeader(
      command: command, argument0: argument0, argument1: argument1,
      length: UInt32(payload.count), check: sum)
  }
}

/// The first 24 bytes of a message.
package struct ADBPacketHeader: Sendable, Equatable {
  package static let size = 24

  package var command: ADBPacket.Command
  package var argument0: UInt32
  package var argument1: UInt32
  /// Bytes of payload.
  package var length: UInt32
  /// Sum of the payload's bytes, or 0.
  package var check: UInt32

  package init(
    command: ADBPacket.Command, argument0: UInt32, argument1: UInt32, length: UInt32,
    check: UInt32
  ) {
    self.command = command
    self.argument0 = argument0
    self.argument1 = argument1
    self.length = length
    self.check = check
  }

  package var bytes: [UInt8] {
    [command.rawValue, argument0, argument1, length, check, ~command.rawValue]
      .flatMap(LittleEndian.bytes)
  }

  /// Reads a header whose payload may have `limit` bytes. A failure cannot be
  /// recovered from: the connection must end.
  /// - Throws: ``ADBError/malformed(service:detail:)``.
  package init(
    _ bytes: some RandomAccessCollection<UInt8>, limit: Int
  ) throws(ADBError) {
    guard bytes.count == Self.size else {
      throw .malformed(service: "adb", detail: "a header of \(bytes.count) bytes")
    }
    let words = (0..<6).map { LittleEndian.uint32(bytes.dropFirst(4 * $0)) }
    guard words[5] == ~words[0] else {
      throw .malformed(
        service: "adb", detail: "a header that begins with the bytes \(Array(bytes.prefix(8)))")
    }
    guard words[3] <= limit else {
      throw .malformed(
        service: "adb", detail: "a payload of \(words[3]) bytes, where \(limit) were agreed on")
    }
    self.init(
      command: ADBPacket.Command(rawValue: words[0]), argument0: words[1], argument1: words[2],
      length: words[3], check: words[4])
  }
}
