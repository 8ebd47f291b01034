import POSIXSupport

/// Where the bytes of a file come from. Blocks: transfers of real files run by
/// ``onOwnThread(isolation:_:)``.
package protocol SyncSource: Sendable {
  /// Fills the buffer as far as there are bytes.
  /// - Returns: the count; less than the buffer holds only at the end.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// Cuts a file into `DATA` frames, as many as a full packet of the transport takes.
///
/// adbd handles each packet on its own: full ones are what makes a push fast.
struct SyncPacker {
  /// Bytes of a frame's payload: with its header an even part of a packet.
  private static let block = SyncFrame.dataLimit - SyncFrame.headerSize
  private static let blocks = ADBPacket.payloadLimit / SyncFrame.dataLimit

  private var compressor: (any SyncCompressor)?
  private var isAtEnd = false

  init(compression: SyncCompression) throws(ADBError) {
    compressor = try compression.compressor()
  }

  /// The next frames; nil after the last one.
  /// - Throws: what the source throws; ``ADBError/transferFailed(path:message:)``.
  mutating func next(from source: any SyncSource) throws -> [UInt8]? {
    while !isAtEnd {
      let wire = compressor == nil ? try plain(source) : try compressed(source)
      if !wire.isEmpty { return wire }
    }
    return nil
  }

  private mutating func compressed(_ source: any SyncSource) throws -> [UInt8] {
    let bytes = try withBuffer(of: ADBPacket.payloadLimit) { try source.fill($0) }
    var output = try compressor?.compress(bytes) ?? []
    if bytes.count < ADBPacket.payloadLimit {
      isAtEnd = true
      output += try compressor?.finish() ?? []
    }
    var wire: [UInt8] = []
    for start in stride(from: 0, to: output.count, by: Self.block) {
      let part = output[start..<min(start + Self.block, output.count)]
      wire += SyncFrame.dataHeader(part.count) + part
    }
    return wire
  }

  /// Reads straight into the places between the frames' headers.
  private mutating func plain(_ source: any SyncSource) throws -> [UInt8] {
    let block = Self.block
    let step = block + SyncFrame.headerSize
    return try withBuffer(of: Self.blocks * step) { buffer in
      var used = 0
      while used < buffer.count, !isAtEnd {
        let body = used + SyncFrame.headerSize
        let count = try source.fill(
          UnsafeMutableRawBufferPointer(rebasing: buffer[body..<used + step]))
        isAtEnd = count < block
        if count > 0 {
          buffer[used..<body].copyBytes(from: SyncFrame.dataHeader(count))
          used = body + count
        }
      }
      return used
    }
  }
}

/// Makes an array by filling its memory; `body` returns how many bytes it filled, from the first.
/// - Returns: those bytes.
func withBuffer(
  of capacity: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int
) rethrows -> [UInt8] {
  try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
    count = try body(UnsafeMutableRawBufferPointer(buffer))
  }
}
