import POSIXSupport

/// Reads a channel in the pieces that a protocol needs, whatever pieces it arrives in.
struct BufferedChannel {
  let channel: any ByteChannel
  private var buffer: [UInt8] = []
  /// Bytes of `buffer` already handed out.
  private var start = 0

  init(_ channel: any ByteChannel) {
    self.channel = channel
  }

  /// Exactly `count` bytes.
  /// - Throws: ``ADBError/disconnected(service:detail:)`` when the channel ends before, and
  ///   what the channel throws.
  mutating func read(
    exactly count: Int, service: String, deadline: Deadline?
  ) async throws -> [UInt8] {
    while buffer.count - start < count {
      let bytes = try await channel.read(deadline: deadline)
      if bytes.isEmpty {
        throw ADBError.disconnected(
          service: service, detail: "ended after \(buffer.count - start) of \(count) bytes")
      }
      buffer.removeFirst(start)
      start = 0
      buffer += bytes
    }
    defer { start += count }
    return Array(buffer[start..<start + count])
  }
}
