/// The words of the `sync:` protocol (version 1) as bytes: four letters, a number and,
/// for some, that many bytes.
package enum SyncFrame {
  /// Longest path that a device takes, in bytes.
  package static let pathLimit = 1024
  /// Longest payload of a `DATA` frame, both ways.
  package static let dataLimit = 65_536
  /// A frame's letters and number.
  static let headerSize = 8

  /// What a device's frame says.
  package enum Identifier: String, Sendable {
    case data = "DATA"
    case done = "DONE"
    case okay = "OKAY"
    case fail = "FAIL"
    case stat = "STAT"
  }

  /// A request that carries a path: `STAT`, `RECV`.
  /// - Throws: ``ADBError/transferFailed(path:message:)`` when the path is too long.
  package static func request(_ letters: String, path: String) throws(ADBError) -> [UInt8] {
    try request(letters, argument: path, path: path)
  }

  /// Announces a regular file; of `mode` the permission bits are sent. The mode follows the
  /// last comma, so the path may hold commas.
  /// - Throws: as ``request(_:path:)``.
  package static func send(path: String, mode: UInt32) throws(ADBError) -> [UInt8] {
    let regularFile: UInt32 = 0o100000
    return try request("SEND", argument: "\(path),\(mode & 0o7777 | regularFile)", path: path)
  }

  /// A part of a file, at most ``dataLimit`` bytes.
  package static func data(_ bytes: some Collection<UInt8>) -> [UInt8] {
    Array("DATA".utf8) + LittleEndian.bytes(UInt32(bytes.count)) + bytes
  }

  /// The end of a file, which is to carry a time of modification: seconds since 1970.
  package static func done(modified: UInt32) -> [UInt8] {
    Array("DONE".utf8) + LittleEndian.bytes(modified)
  }

  /// The polite end of the session.
  package static let quit: [UInt8] = Array("QUIT".utf8) + [0, 0, 0, 0]

  private static func request(
    _ letters: String, argument: String, path: String
  ) throws(ADBError) -> [UInt8] {
    let bytes = Array(argument.utf8)
    if bytes.count > pathLimit {
      throw .transferFailed(path: path, message: "the path is longer than \(pathLimit) bytes")
    }
    return Array(letters.utf8) + LittleEndian.bytes(UInt32(bytes.count)) + bytes
  }

  /// Reads a frame's letters and number.
  /// - Throws: ``ADBError/malformed(service:detail:)`` for letters of no known frame.
  package static func header(
    _ bytes: [UInt8]
  ) throws(ADBError) -> (identifier: Identifier, number: UInt32) {
    guard bytes.count == headerSize,
      let identifier = Identifier(rawValue: String(decoding: bytes.prefix(4), as: UTF8.self))
    else {
      throw .malformed(service: "sync", detail: "a frame that begins with the bytes \(bytes)")
    }
    return (identifier, LittleEndian.uint32(bytes[4...]))
  }
}

/// What `lstat` says of a device's file.
package struct SyncFileStatus: Sendable, Equatable {
  /// Type and permission bits.
  package var mode: UInt32
  /// Bytes, modulo 2^32.
  package var size: UInt32
  /// Seconds since 1970.
  package var modified: UInt32

  package init(mode: UInt32, size: UInt32, modified: UInt32) {
    self.mode = mode
    self.size = size
    self.modified = modified
  }

  /// Reads the twelve bytes after `STAT`; all zero stands for a missing file.
  static func parse(_ bytes: [UInt8]) -> SyncFileStatus? {
    let status = SyncFileStatus(
      mode: LittleEndian.uint32(bytes), size: LittleEndian.uint32(bytes.dropFirst(4)),
      modified: LittleEndian.uint32(bytes.dropFirst(8)))
    return status == SyncFileStatus(mode: 0, size: 0, modified: 0) ? nil : status
  }
}
