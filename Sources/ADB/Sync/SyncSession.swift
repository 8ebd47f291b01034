import Foundation
import POSIXSupport

/// Copies files over a `sync:` channel. Serves one task; one failure ends it.
///
/// A transfer has no limit in all, but every part of it must move within ``stallLimit``.
/// All calls throw ``ADBError`` or `CancellationError`.
package struct SyncSession {
  /// The service that speaks this protocol.
  package static let service = "sync:"

  /// Longest time without progress.
  package let stallLimit: Duration
  private var reader: BufferedChannel

  package init(channel: any ByteChannel, stallLimit: Duration = .seconds(30)) {
    self.reader = BufferedChannel(channel)
    self.stallLimit = stallLimit
  }

  /// - Returns: nil when there is no such file; symbolic links are not followed.
  package mutating func status(of path: String) async throws -> SyncFileStatus? {
    try await mappingSocketErrors(service: "sync", timeout: stallLimit) {
      try await write(try SyncFrame.request("STAT", path: path))
      let header = try await read(4)
      if header != Array("STAT".utf8) {
        throw ADBError.malformed(service: "sync", detail: "\(header) instead of STAT")
      }
      return SyncFileStatus.parse(try await read(12))
    }
  }

  /// Sends a file. Its folder is made by the device where it is missing. `source` gives the
  /// next bytes at each call, empty at the end; `modified` is in seconds since 1970.
  package mutating func send(
    to path: String, mode: UInt32, modified: UInt32,
    from source: () async throws -> [UInt8]
  ) async throws {
    try await mappingSocketErrors(service: "sync", timeout: stallLimit) {
      try await write(try SyncFrame.send(path: path, mode: mode))
      do {
        while true {
          let bytes = try await source()
          if bytes.isEmpty { break }
          var wire: [UInt8] = []
          for start in stride(from: 0, to: bytes.count, by: SyncFrame.dataLimit) {
            let end = min(start + SyncFrame.dataLimit, bytes.count)
            wire += SyncFrame.data(bytes[start..<end])
          }
          try await write(wire)
        }
        try await write(SyncFrame.done(modified: modified))
      } catch let error where error is SystemCallError || error is DeadlineExceeded {
        // The device refuses by FAIL and takes no more: its reason is worth more than EPIPE.
        if let message = try? await refusal() {
          throw ADBError.transferFailed(path: path, message: message)
        }
        throw error
      }
      let (identifier, number) = try await header()
      switch identifier {
      case .okay: return
      case .fail: throw ADBError.transferFailed(path: path, message: try await text(number))
      case .data, .done, .stat:
        throw ADBError.malformed(service: "sync", detail: "\(identifier.rawValue) after a file")
      }
    }
  }

  /// Fetches a file; `sink` takes its bytes in order.
  package mutating func receive(
    _ path: String, into sink: ([UInt8]) async throws -> Void
  ) async throws {
    try await mappingSocketErrors(service: "sync", timeout: stallLimit) {
      try await write(try SyncFrame.request("RECV", path: path))
      while true {
        let (identifier, number) = try await header()
        switch identifier {
        case .data:
          if number > SyncFrame.dataLimit {
            throw ADBError.malformed(service: "sync", detail: "a part of \(number) bytes")
          }
          try await sink(try await read(Int(number)))
        case .done: return
        case .fail: throw ADBError.transferFailed(path: path, message: try await text(number))
        case .okay, .stat:
          throw ADBError.malformed(service: "sync", detail: "\(identifier.rawValue) in a file")
        }
      }
    }
  }

  /// Says good-bye; the caller then closes the channel.
  package mutating func quit() async {
    try? await write(SyncFrame.quit)
  }

  private mutating func refusal() async throws -> String {
    let (identifier, number) = try await header()
    if identifier != .fail {
      throw ADBError.malformed(service: "sync", detail: "\(identifier.rawValue) during a file")
    }
    return try await text(number)
  }

  private mutating func text(_ length: UInt32) async throws -> String {
    if length > SyncFrame.dataLimit {
      throw ADBError.malformed(service: "sync", detail: "a message of \(length) bytes")
    }
    return String(decoding: try await read(Int(length)), as: UTF8.self)
  }

  private mutating func header() async throws
    -> (identifier: SyncFrame.Identifier, number: UInt32)
  {
    try SyncFrame.header(try await read(SyncFrame.headerSize))
  }

  private mutating func read(_ count: Int) async throws -> [UInt8] {
    try await reader.read(
      exactly: count, service: "sync", deadline: ContinuousClock.now + stallLimit)
  }

  private func write(_ bytes: [UInt8]) async throws {
    try await reader.channel.write(bytes, deadline: ContinuousClock.now + stallLimit)
  }
}
