import Glibc

/// A file descriptor with one owner; closed when the owner lets go of it.
package struct OwnedDescriptor: ~Copyable, Sendable {
  /// The number, valid as long as this value lives.
  package let rawValue: Int32

  /// Takes over an open descriptor.
  package init(adopting rawValue: Int32) {
    self.rawValue = rawValue
  }

  deinit {
    // Linux closes the descriptor even when close() reports an error.
    _ = close(rawValue)
  }

  /// Gives the number away; the caller closes it.
  package consuming func release() -> Int32 {
    let number = rawValue
    discard self
    return number
  }

  /// Opens a file, always with `O_CLOEXEC`. `flags` are those of open(2); `mode` holds the
  /// permission bits of a file that is created.
  /// - Returns: the open file.
  /// - Throws: ``SystemCallError`` with the path.
  package static func open(
    _ path: String, flags: Int32, mode: UInt32 = 0o600
  ) throws(SystemCallError) -> OwnedDescriptor {
    let number = try systemCall("open", on: path) {
      Glibc.open(path, flags | O_CLOEXEC, mode_t(mode))
    }
    return OwnedDescriptor(adopting: number)
  }

  /// Writes everything, for descriptors that block.
  /// - Throws: ``SystemCallError`` naming `subject`.
  package borrowing func writeAll(
    _ bytes: some Sequence<UInt8>, subject: String
  ) throws(SystemCallError) {
    let buffer = Array(bytes)
    var offset = 0
    while offset < buffer.count {
      let start = offset
      let number = rawValue
      offset += try systemCall("write", on: subject) {
        buffer.withUnsafeBytes { raw in
          write(number, raw.baseAddress?.advanced(by: start), raw.count - start)
        }
      }
    }
  }

  /// Reads up to `limit` bytes, for descriptors that block; empty at the end.
  /// - Throws: ``SystemCallError`` naming `subject`.
  package borrowing func read(
    upTo limit: Int, subject: String
  ) throws(SystemCallError) -> [UInt8] {
    let number = rawValue
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = try systemCall("read", on: subject) {
      buffer.withUnsafeMutableBytes { Glibc.read(number, $0.baseAddress, $0.count) }
    }
    buffer.removeLast(limit - count)
    return buffer
  }
}
