import POSIXSupport

/// A connection that carries bytes both ways: a socket to the adb server now, one
/// stream of a direct transport as well. The shell and sync protocols run over it.
package protocol ByteChannel: Sendable {
  /// The next bytes, as soon as there are any; empty at the end.
  func read(deadline: Deadline?) async throws -> [UInt8]
  /// Writes all bytes; suspends while the peer is not taking them.
  func write(_ bytes: [UInt8], deadline: Deadline?) async throws
  /// Ends the connection; operations under way fail. Safe to repeat.
  func close()
}

extension AsyncDescriptor: ByteChannel {
  package func read(deadline: Deadline?) async throws -> [UInt8] {
    try await read(upTo: 65_536, deadline: deadline)
  }
}

/// Little-endian numbers of the wire formats.
enum LittleEndian {
  static func bytes(_ value: UInt32) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// - Precondition: `bytes` holds at least four from `offset` on.
  static func uint32(_ bytes: some RandomAccessCollection<UInt8>) -> UInt32 {
    bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// - Precondition: `bytes` holds at least eight from `offset` on.
  static func uint64(_ bytes: some RandomAccessCollection<UInt8>) -> UInt64 {
    bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
