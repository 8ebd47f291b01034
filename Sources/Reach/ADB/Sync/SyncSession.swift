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
  private let features: Set<String>
  private var reader: BufferedChannel

  /// `features` is what both sides can do; version 1 of the protocol needs none.
  package init(
    channel: any ByteChannel, features: Set<String> = [], stallLimit: Duration = .seconds(30)
  ) {
    self.reader = BufferedChannel(channel)
    self.features = features
    self.stallLimit = stallLimit
  }

  /// Whether the device can take and give files compressed so.
  package func supports(_ compression: SyncCompression) -> Bool {
    features.contains("sendrecv_v2") && compression.feature.map(features.contains) ?? true
  }

  /// - Returns: nil when there is no such file; symbolic links are not followed.
  package mutating func status(of path: String) async throws -> SyncFileStatus? {
    try await status(of: path, by: features.contains("stat_v2") ? "LST2" : "STAT")
  }

  /// As ``status(of:)``, but of what a symbolic link leads to; nil for one that leads nowhere.
  ///
  /// A device without `stat_v2` reports only links to directories; any other counts as a file.
  package mutating func target(of path: String) async throws -> SyncFileStatus? {
    if features.contains("stat_v2") { return try await status(of: path, by: "STA2") }
    guard var found = try await status(of: path), found.kind == .symbolicLink else {
      return try await status(of: path)
    }
    // The slash makes it follow the link.
    if let directory = try await status(of: path + "/"), directory.kind == .directory {
      return directory
    }
    found.mode = SyncFileStatus.Kind.regular.rawValue | 0o644
    return found
  }

  private mutating func status(
    of path: String, by letters: String
  ) async throws -> SyncFileStatus? {
    try await mappingSocketErrors(service: "sync", timeout: stallLimit) {
      try await write(try SyncFrame.request(letters, path: path))
      try await expect(letters)
      if letters == "STAT" {
        return SyncFileStatus.parse(try await read(SyncFileStatus.size1))
      }
      return try SyncFileStatus.parse2(try await read(SyncFileStatus.size2), path: path)
    }
  }

  /// The names in a directory, without `.` and `..`, in the device's order; empty for a directory
  /// that does not exist, as the protocol does not distinguish them.
  package mutating func list(_ directory: String) async throws -> [SyncEntry] {
    try await mappingSocketErrors(service: "sync", timeout: stallLimit) {
      let isVersion2 = features.contains("ls_v2")
      let fieldCount = isVersion2 ? SyncFileStatus.size2 : SyncFileStatus.size1
      try await write(try SyncFrame.request(isVersion2 ? "LIS2" : "LIST", path: directory))
      var entries: [SyncEntry] = []
      while true {
        let letters = String(decoding: try await read(4), as: UTF8.self)
        let fields = try await read(fieldCount + 4)
        if letters == "DONE" { return entries }
        let length = LittleEndian.uint32(fields[fieldCount...])
        guard letters == (isVersion2 ? "DNT2" : "DENT"), length <= SyncFrame.pathLimit else {
          throw ADBError.malformed(service: "sync", detail: "a name of \(length) bytes in a list")
        }
        let name = String(decoding: try await read(Int(length)), as: UTF8.self)
        let status =
          isVersion2
          ? try? SyncFileStatus.parse2(fields, path: name) : SyncFileStatus.parse(fields)
        // A name with a slash would lead the writer of a copy out of its directory. By bytes: with a
        // mark that combines after it a slash is another character.
        let isPlain = !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
        guard let status, isPlain, ![".", "..", ""].contains(name) else { continue }
        entries.append(SyncEntry(name: name, status: status))
      }
    }
  }

  /// Sends a file. Its directory is made by the device where it is missing.
  ///
  /// `mode` holds type and permission bits: a link, whose target `source` then gives, or a regular
  /// file. `modified` is in seconds since 1970. The bytes travel packed by `compression`, which
  /// needs ``supports(_:)``.
  package mutating func send(
    to path: String, mode: UInt32, modified: UInt32, compression: SyncCompression = .none,
    from source: any SyncSource
  ) async throws {
    try await mappingSocketErrors(service: "sync", timeout: stallLimit) {
      if compression == .none {
        try await write(try SyncFrame.send(path: path, mode: mode))
      } else {
        try await write(try SyncFrame.send2(path: path, mode: mode, compression: compression))
      }
      do {
        var packer = try SyncPacker(compression: compression)
        while let wire = try packer.next(from: source) { try await write(wire) }
        try await write(SyncFrame.done(modified: modified))
      } catch let error where isEndOfChannel(error) {
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
      case .data, .done:
        throw ADBError.malformed(service: "sync", detail: "\(identifier.rawValue) after a file")
      }
    }
  }

  /// Fetches a file; `sink` takes its bytes in order. They travel packed by `compression`, which
  /// needs ``supports(_:)``.
  package mutating func receive(
    _ path: String, compression: SyncCompression = .none,
    into sink: (ArraySlice<UInt8>) async throws -> Void
  ) async throws {
    try await mappingSocketErrors(service: "sync", timeout: stallLimit) {
      if compression == .none {
        try await write(try SyncFrame.request("RECV", path: path))
      } else {
        try await write(try SyncFrame.receive2(path: path, compression: compression))
      }
      let expander = try compression.expander()
      while true {
        let (identifier, number) = try await header()
        switch identifier {
        case .data:
          if number > SyncFrame.dataLimit {
            throw ADBError.malformed(service: "sync", detail: "a part of \(number) bytes")
          }
          var left = Int(number)
          while left > 0 {
            let part = try await reader.read(
              upTo: left, service: "sync", deadline: ContinuousClock.now + stallLimit)
            left -= part.count
            guard let expander else {
              try await sink(part)
              continue
            }
            expander.feed(part)
            while true {
              let piece = try expander.next()
              if piece.isEmpty { break }
              try await sink(piece[...])
            }
          }
        case .done:
          guard expander?.isComplete != false else {
            throw ADBError.transferFailed(path: path, message: "the compressed file is cut off")
          }
          return
        case .fail: throw ADBError.transferFailed(path: path, message: try await text(number))
        case .okay:
          throw ADBError.malformed(service: "sync", detail: "\(identifier.rawValue) in a file")
        }
      }
    }
  }

  /// Says good-bye; the caller then closes the channel.
  package mutating func quit() async {
    try? await write(SyncFrame.quit)
  }

  private func isEndOfChannel(_ error: any Error) -> Bool {
    if case ADBError.disconnected = error { return true }
    return error is SystemCallError || error is TimeoutError
  }

  private mutating func expect(_ letters: String) async throws {
    let found = try await read(4)
    if found != Array(letters.utf8) {
      throw ADBError.malformed(service: "sync", detail: "\(found) instead of \(letters)")
    }
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
