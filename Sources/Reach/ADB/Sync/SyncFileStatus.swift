/// What `lstat` says of a device's file.
package struct SyncFileStatus: Sendable, Equatable {
  /// Type and permission bits.
  package var mode: UInt32
  /// Bytes; modulo 2^32 from devices without `stat_v2`.
  package var size: UInt64
  /// Seconds since 1970.
  package var modified: Int64
  /// Distinguishes the device's files; nil from devices without `stat_v2`.
  package var identity: Identity?

  /// A file system and a file's number in it.
  package struct Identity: Sendable, Equatable {
    package var device: UInt64
    package var number: UInt64
  }

  package init(mode: UInt32, size: UInt64, modified: Int64, identity: Identity? = nil) {
    self.mode = mode
    self.size = size
    self.modified = modified
    self.identity = identity
  }

  /// The file's type, of the bits in ``mode``.
  package enum Kind: UInt32, Sendable {
    case regular = 0o100000
    case directory = 0o040000
    case symbolicLink = 0o120000
  }

  /// Nil for devices, sockets and pipes.
  package var kind: Kind? { Kind(rawValue: mode & 0o170000) }

  /// Bytes of an answer to `STAT`, after its letters.
  static let size1 = 12
  /// Bytes of an answer to `LST2` or `STA2`, after its letters.
  static let size2 = 68

  /// Reads the answer to `STAT` after its letters; all zero stands for a missing file.
  static func parse(_ bytes: [UInt8]) -> SyncFileStatus? {
    let words = (0..<3).map { LittleEndian.uint32(bytes[(4 * $0)...]) }
    guard words != [0, 0, 0] else { return nil }
    return SyncFileStatus(mode: words[0], size: UInt64(words[1]), modified: Int64(words[2]))
  }

  /// Reads the answer to `LST2` or `STA2` after its letters: errno, dev, ino, mode, nlink, uid,
  /// gid, size, atime, mtime, ctime.
  /// - Throws: ``ADBError/transferFailed(path:message:)`` for any error but a missing file. The
  ///   numbers are Linux's on every device.
  static func parse2(_ bytes: [UInt8], path: String) throws(ADBError) -> SyncFileStatus? {
    let (missing, notADirectory): (UInt32, UInt32) = (2, 20)
    let code = LittleEndian.uint32(bytes)
    if code == missing || code == notADirectory { return nil }
    guard code == 0 else {
      throw .transferFailed(path: path, message: "the device cannot look at it (errno \(code))")
    }
    return SyncFileStatus(
      mode: LittleEndian.uint32(bytes[20...]), size: LittleEndian.uint64(bytes[36...]),
      modified: Int64(bitPattern: LittleEndian.uint64(bytes[52...])),
      identity: Identity(
        device: LittleEndian.uint64(bytes[4...]), number: LittleEndian.uint64(bytes[12...])))
  }
}

/// One name in a device's directory.
package struct SyncEntry: Sendable, Equatable {
  package var name: String
  package var status: SyncFileStatus

  package init(name: String, status: SyncFileStatus) {
    self.name = name
    self.status = status
  }
}
