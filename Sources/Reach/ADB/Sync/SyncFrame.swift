/// The words of the `sync:` protocol as bytes: four letters, a number and, for some, that many
/// bytes. AOSP: `file_sync_protocol.h`.
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
  }

  /// A request that carries a path, such as `RECV`.
  /// - Throws: ``ADBError/transferFailed(path:message:)`` when the path is too long.
  package static func request(_ letters: String, path: String) throws(ADBError) -> [UInt8] {
    try request(letters, argument: path, path: path)
  }

  /// Announces a file; `mode` holds type and permission bits. The mode follows the last comma, so
  /// the path may hold commas.
  /// - Throws: as ``request(_:path:)``.
  package static func send(path: String, mode: UInt32) throws(ADBError) -> [UInt8] {
    try request("SEND", argument: "\(path),\(mode)", path: path)
  }

  /// As ``send(path:mode:)`` for devices with `sendrecv_v2`.
  /// - Throws: as ``request(_:path:)``.
  package static func send2(
    path: String, mode: UInt32, compression: SyncCompression
  ) throws(ADBError) -> [UInt8] {
    try request("SND2", path: path) + Array("SND2".utf8) + LittleEndian.bytes(mode)
      + LittleEndian.bytes(compression.flag)
  }

  /// Asks for a file of a device with `sendrecv_v2`.
  /// - Throws: as ``request(_:path:)``.
  package static func receive2(
    path: String, compression: SyncCompression
  ) throws(ADBError) -> [UInt8] {
    try request("RCV2", path: path) + Array("RCV2".utf8) + LittleEndian.bytes(compression.flag)
  }

  /// The header of a part of a file, at most ``dataLimit`` bytes.
  static func dataHeader(_ count: Int) -> [UInt8] {
    Array("DATA".utf8) + LittleEndian.bytes(UInt32(count))
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
    if path.utf8.count > pathLimit || bytes.count > pathLimit {
      throw .transferFailed(path: path, message: "the path is longer than \(pathLimit) bytes")
    }
    if bytes.contains(0) {
      throw .transferFailed(path: path, message: "the path holds a NUL")
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
