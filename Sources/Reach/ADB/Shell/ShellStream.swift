import POSIXSupport

/// A command on a device over the `shell,v2` protocol.
///
/// One task may read while another writes. The device ends the command when the
/// connection closes.
package actor ShellStream {
  /// The service that runs a command without a terminal.
  package static func service(_ command: String) -> String { "shell,v2,raw:\(command)" }

  private let channel: any ByteChannel
  private var parser = ShellPacketParser()
  /// stdout that arrived beside what was asked for.
  private var pending: [[UInt8]] = []
  private var errorOutput: BoundedTail
  private var hasEnded = false

  /// nil until the device has reported it; 128 plus the signal for a killed command.
  package private(set) var exitCode: Int32?

  /// Keeps the last `errorLimit` bytes of stderr.
  package init(channel: any ByteChannel, errorLimit: Int = 65_536) {
    self.channel = channel
    self.errorOutput = BoundedTail(limit: errorLimit)
  }

  /// What the command wrote to stderr as far as it was read.
  package var standardError: [UInt8] { errorOutput.bytes }

  /// The next bytes of stdout; nil at the command's end.
  /// - Throws: ``ADBError``, `CancellationError` (nothing is lost).
  package func read(deadline: Deadline? = nil, timeout: Duration = .zero) async throws -> [UInt8]? {
    while pending.isEmpty {
      if hasEnded { return nil }
      let bytes = try await mappingSocketErrors(service: "shell", timeout: timeout) {
        try await channel.read(deadline: deadline)
      }
      if bytes.isEmpty {
        hasEnded = true
        if exitCode == nil {
          throw ADBError.disconnected(
            service: "shell", detail: "the connection ended before the command did")
        }
        return nil
      }
      try take(bytes)
    }
    return pending.removeFirst()
  }

  /// Sends bytes to stdin; suspends while the device is not taking them.
  /// - Throws: ``ADBError``; `CancellationError`. Unless the device ended it, the stream is closed
  ///   by either, because a part of a packet may have been sent.
  package func write(_ bytes: [UInt8]) async throws {
    try await send(ShellPacket.standardInput(bytes))
  }

  /// Ends the command's stdin.
  package func closeStandardInput() async throws {
    do {
      try await send(ShellPacket(kind: .closeStandardInput).bytes)
    } catch ADBError.disconnected {
      // The command ended first, which is no error of ours.
      return
    }
  }

  /// Ends the connection, and with it the command. Safe to repeat.
  nonisolated package func close() {
    channel.close()
  }

  private func send(_ wire: [UInt8]) async throws {
    do {
      try await mappingSocketErrors(service: "shell", timeout: .zero) {
        try await channel.write(wire, deadline: nil)
      }
    } catch ADBError.disconnected(let service, let detail) {
      // What the command said before it ended is still to be read.
      throw ADBError.disconnected(service: service, detail: detail)
    } catch {
      channel.close()
      throw error
    }
  }

  private func take(_ bytes: [UInt8]) throws {
    for packet in try parser.feed(bytes) {
      switch packet.kind {
      case .standardOutput: if !packet.payload.isEmpty { pending.append(packet.payload) }
      case .standardError: errorOutput.append(packet.payload)
      case .exit:
        exitCode = packet.payload.first.map(Int32.init)
        // Whatever still holds the device's end open is no longer the command.
        hasEnded = true
      case .standardInput, .closeStandardInput, .windowSize: break
      }
    }
  }
}
