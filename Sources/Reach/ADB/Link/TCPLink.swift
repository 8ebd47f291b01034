import Glibc
import POSIXSupport
import Synchronization

/// Packets over a TCP connection to an adb daemon.
package final class TCPLink: ADBLink {
  /// A packet of which a part has arrived.
  private struct Arriving {
    var header = [UInt8](repeating: 0, count: ADBPacketHeader.size)
    var headerCount = 0
    var packet: ADBPacket?
    var payloadCount = 0
  }

  private let descriptor: OwnedDescriptor
  private let arriving = Mutex(Arriving())
  private let isAborted = Atomic<Bool>(false)
  package let description: String
  package let isSlow: Bool

  /// How long one wait lasts at most, ms.
  private static let slice: Int32 = 200

  /// Connects to `host` at `port`.
  /// - Throws: ``ADBError``, `CancellationError`.
  package static func connect(
    host: String, port: UInt16, timeout: Duration
  ) async throws -> TCPLink {
    let address = SocketAddress.tcp(host: host, port: port)
    return try await mappingSocketErrors(service: "connect", timeout: timeout) {
      do {
        let socket = try await address.connect(deadline: ContinuousClock.now + timeout)
        let isSlow = !["localhost", "::1"].contains(host) && !host.hasPrefix("127.")
        return TCPLink(
          adopting: try socket.detach(), description: address.description, isSlow: isSlow)
      } catch let error as NameLookupError {
        throw ADBError.disconnected(service: "connect", detail: error.reason)
      }
    }
  }

  /// Takes over a connected, non-blocking socket.
  package init(
    adopting descriptor: consuming OwnedDescriptor, description: String, isSlow: Bool = false
  ) {
    self.isSlow = isSlow
    self.descriptor = descriptor
    self.description = description
  }

  package func receive(limit: Int) throws(ADBError) -> ADBPacket? {
    // For the whole call: a peer that sends a byte now and then must not keep it from returning.
    let end = ContinuousClock.now + .milliseconds(Int(Self.slice))
    // One thread receives, so the lock is never waited for.
    return try arriving.withLock { arriving throws(ADBError) in
      while arriving.headerCount < ADBPacketHeader.size {
        let count = try read(
          into: &arriving.header, from: arriving.headerCount,
          isAtBoundary: arriving.headerCount == 0, until: end)
        guard let count else { return nil }
        arriving.headerCount += count
      }
      if arriving.packet == nil {
        let header = try ADBPacketHeader(arriving.header, limit: limit)
        arriving.packet = ADBPacket(
          header.command, header.argument0, header.argument1,
          payload: try begin(payload: Int(header.length), &arriving.payloadCount, until: end))
      }
      while let total = arriving.packet?.payload.count, arriving.payloadCount < total {
        var payload = arriving.packet?.payload ?? []
        arriving.packet?.payload = []
        defer { arriving.packet?.payload = payload }
        let count = try read(
          into: &payload, from: arriving.payloadCount, isAtBoundary: false, until: end)
        guard let count else { return nil }
        arriving.payloadCount += count
      }
      defer {
        arriving.packet = nil
        arriving.headerCount = 0
      }
      return arriving.packet
    }
  }

  package func send(_ packet: ADBPacket) throws(ADBError) {
    let header = packet.header.bytes
    var sent = 0
    while sent < header.count + packet.payload.count {
      try checkAborted()
      let offset = sent
      do {
        let count = try systemCallUnlessBlocking("writev", on: description) {
          gather(header, packet.payload, from: offset)
        }
        if let count {
          sent += count
        } else {
          _ = try descriptor.isReady(for: .writable, within: Self.slice, subject: description)
        }
      } catch {
        throw ADBError.disconnected(service: "adb", detail: error.reason)
      }
    }
  }

  package func abort() {
    isAborted.store(true, ordering: .releasing)
    _ = shutdown(descriptor.rawValue, Int32(SHUT_RDWR))
  }

  package func close() {
    // The descriptor goes with this object.
  }

  /// A payload's memory, as far filled as its bytes have arrived; the rest is zero.
  private func begin(
    payload length: Int, _ count: inout Int, until end: ContinuousClock.Instant
  ) throws(ADBError) -> [UInt8] {
    count = 0
    guard length > 0 else { return [] }
    var failure: ADBError?
    // Most payloads are whole in one read: their memory is not cleared first.
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
      do throws(ADBError) {
        count =
          try read(
            into: UnsafeMutableRawBufferPointer(buffer), isAtBoundary: false, until: end) ?? 0
      } catch {
        failure = error
      }
      buffer[count...].initialize(repeating: 0)
      filled = length
    }
    if let failure { throw failure }
    return bytes
  }

  private func read(
    into buffer: inout [UInt8], from offset: Int, isAtBoundary: Bool,
    until end: ContinuousClock.Instant
  ) throws(ADBError) -> Int? {
    let result = buffer.withUnsafeMutableBytes { raw in
      Result { () throws(ADBError) in
        try read(
          into: UnsafeMutableRawBufferPointer(rebasing: raw[offset...]),
          isAtBoundary: isAtBoundary, until: end)
      }
    }
    return try result.get()
  }

  /// - Returns: nil when nothing came before `end`.
  private func read(
    into buffer: UnsafeMutableRawBufferPointer, isAtBoundary: Bool,
    until end: ContinuousClock.Instant
  ) throws(ADBError) -> Int? {
    do {
      for attempt in 0..<2 {
        let count = try systemCallUnlessBlocking("read", on: description) {
          Glibc.read(descriptor.rawValue, buffer.baseAddress, buffer.count)
        }
        if let count {
          if count > 0 { return count }
          throw ADBError.disconnected(
            service: "adb",
            detail: isAtBoundary ? "the device hung up" : "it ended inside a packet")
        }
        guard attempt == 0, case let rest = Self.milliseconds(until: end), rest > 0,
          try descriptor.isReady(for: .readable, within: rest, subject: description)
        else { break }
      }
    } catch let error as SystemCallError {
      throw ADBError.disconnected(service: "adb", detail: error.reason)
    } catch let error as ADBError {
      throw error
    } catch {
      throw ADBError.disconnected(service: "adb", detail: "\(error)")
    }
    try checkAborted()
    return nil
  }

  /// What is left, rounded up.
  private static func milliseconds(until end: ContinuousClock.Instant) -> Int32 {
    let (seconds, attoseconds) = ContinuousClock.now.duration(to: end).components
    let rest = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int32(clamping: rest)
  }

  private func checkAborted() throws(ADBError) {
    if isAborted.load(ordering: .acquiring) {
      throw .disconnected(service: "adb", detail: "closed by this side")
    }
  }

  /// One writev(2) of what is left of header and payload.
  private func gather(_ header: [UInt8], _ payload: [UInt8], from offset: Int) -> Int {
    header.withUnsafeBytes { head in
      payload.withUnsafeBytes { body in
        let headRest = max(0, head.count - offset)
        let bodyOffset = max(0, offset - head.count)
        var parts: [iovec] = []
        if headRest > 0 {
          let start = UnsafeMutableRawPointer(mutating: head.baseAddress?.advanced(by: offset))
          parts.append(iovec(iov_base: start, iov_len: headRest))
        }
        if body.count > bodyOffset {
          let start = UnsafeMutableRawPointer(mutating: body.baseAddress?.advanced(by: bodyOffset))
          parts.append(iovec(iov_base: start, iov_len: body.count - bodyOffset))
        }
        return writev(descriptor.rawValue, parts, Int32(parts.count))
      }
    }
  }
}
