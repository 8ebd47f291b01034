import POSIXSupport

/// Reads a channel in the pieces that a protocol needs, whatever pieces it arrives in.
struct BufferedChannel {
  let channel: any ByteChannel
  /// What arrived and was not handed out.
  private var rest: ArraySlice<UInt8> = []

  init(_ channel: any ByteChannel) {
    self.channel = channel
  }

  /// Exactly `count` bytes, copied: for headers and messages.
  /// - Throws: ``ADBError/disconnected(service:detail:)`` when the channel ends before, and
  ///   what the channel throws.
  mutating func read(
    exactly count: Int, service: String, deadline: Deadline?
  ) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      if rest.isEmpty { rest = try await channel.read(deadline: deadline)[...] }
      if rest.isEmpty {
        throw ADBError.disconnected(
          service: service, detail: "ended after \(bytes.count) of \(count) bytes")
      }
      let part = rest.prefix(count - bytes.count)
      bytes += part
      rest = rest.dropFirst(part.count)
    }
    return bytes
  }

  /// What is at hand of the next `limit` bytes, at least one, not copied.
  /// - Throws: as ``read(exactly:service:deadline:)``.
  mutating func read(
    upTo limit: Int, service: String, deadline: Deadline?
  ) async throws -> ArraySlice<UInt8> {
    if rest.isEmpty { rest = try await channel.read(deadline: deadline)[...] }
    if rest.isEmpty {
      throw ADBError.disconnected(service: service, detail: "ended with bytes to come")
    }
    let part = rest.prefix(limit)
    rest = rest.dropFirst(part.count)
    return part
  }
}
