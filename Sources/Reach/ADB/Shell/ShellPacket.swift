/// One packet of the `shell,v2` protocol: a kind, a length and that many bytes.
package struct ShellPacket: Sendable, Equatable {
  package enum Kind: UInt8, Sendable {
    case standardInput = 0
    case standardOutput = 1
    case standardError = 2
    /// One byte: the exit code, or 128 plus a signal.
    case exit = 3
    case closeStandardInput = 4
    case windowSize = 5
  }

  package var kind: Kind
  package var payload: [UInt8]

  package init(kind: Kind, payload: [UInt8] = []) {
    self.kind = kind
    self.payload = payload
  }

  static let headerSize = 5

  /// Largest payload this side writes.
  package static let writeLimit = 65_536

  package var bytes: [UInt8] {
    [kind.rawValue] + LittleEndian.bytes(UInt32(payload.count)) + payload
  }

  /// stdin in packets of at most ``writeLimit`` bytes.
  package static func standardInput(_ bytes: [UInt8]) -> [UInt8] {
    var wire: [UInt8] = []
    wire.reserveCapacity(bytes.count + headerSize * (bytes.count / writeLimit + 1))
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(writeLimit))
      wire += ShellPacket(kind: .standardInput, payload: part).bytes
      rest = rest.dropFirst(part.count)
    }
    return wire
  }
}

/// Cuts a byte stream into packets, whatever pieces it arrives in.
package struct ShellPacketParser: Sendable {
  /// Longer payloads are taken for garbage: adb's own limit is 1 MiB.
  package static let payloadLimit = 1 << 24

  private var buffer: [UInt8] = []

  package init() {}

  /// True when the stream may end here.
  package var isAtBoundary: Bool { buffer.isEmpty }

  /// Takes the next bytes and returns the packets completed by them. Kinds this
  /// version does not know are passed over.
  /// - Throws: ``ADBError/malformed(service:detail:)``; the parser is then of no more use.
  package mutating func feed(_ bytes: [UInt8]) throws(ADBError) -> [ShellPacket] {
    buffer += bytes
    var packets: [ShellPacket] = []
    var position = 0
    while buffer.count - position >= ShellPacket.headerSize {
      let length = Int(LittleEndian.uint32(buffer[(position + 1)...]))
      if length > Self.payloadLimit {
        throw .malformed(service: "shell", detail: "a packet of \(length) bytes")
      }
      let end = position + ShellPacket.headerSize + length
      if end > buffer.count { break }
      if let kind = ShellPacket.Kind(rawValue: buffer[position]) {
        let payload = Array(buffer[(position + ShellPacket.headerSize)..<end])
        if kind == .exit && payload.count != 1 {
          throw .malformed(service: "shell", detail: "an exit status of \(length) bytes")
        }
        packets.append(ShellPacket(kind: kind, payload: payload))
      }
      position = end
    }
    buffer.removeFirst(position)
    return packets
  }
}
