import Foundation
import Glibc

/// Files that are either the old or the new one, never a part.
package enum AtomicFile {
  /// Replaces a file: readers see the old bytes or the new, also after a power failure.
  ///
  /// `mode` holds permission bits, not reduced by the umask. `durable: false` skips
  /// fsync(2), for caches that can be made again.
  /// - Throws: ``SystemCallError`` with the path.
  package static func write(
    _ bytes: some Sequence<UInt8>, to path: String, mode: UInt32 = 0o644, durable: Bool = true
  ) throws {
    try replace(path, mode: mode, durable: durable) { descriptor in
      try descriptor.writeAll(bytes, subject: path)
    }
  }

  /// Makes a file that must not be there, whole and on the disk.
  /// - Throws: ``SystemCallError`` with the path: `EEXIST` when it is there.
  package static func create(
    _ bytes: some Sequence<UInt8>, at path: String, mode: UInt32
  ) throws(SystemCallError) {
    let temporary = temporaryName(for: path)
    let number = try systemCall("open", on: path) {
      Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
    }
    let descriptor = OwnedDescriptor(adopting: number)
    defer { unlink(temporary) }
    try descriptor.writeAll(bytes, subject: path)
    try systemCall("fsync", on: path) { fsync(number) }
    do {
      // A rename would replace what another process has made meanwhile.
      try systemCall("link", on: path) { link(temporary, path) }
    } catch {
      // Some file systems have no links.
      guard [EPERM, EOPNOTSUPP].contains(error.code), access(path, F_OK) != 0 else { throw error }
      try systemCall("rename", on: path) { rename(temporary, path) }
    }
  }

  /// Copies a file's bytes over another, as ``write(_:to:mode:durable:)`` does.
  /// - Throws: ``SystemCallError`` with the path.
  package static func copy(
    _ source: String, to path: String, mode: UInt32, durable: Bool = false
  ) throws {
    let input = try OwnedDescriptor.open(source, flags: O_RDONLY)
    try replace(path, mode: mode, durable: durable) { descriptor in
      while true {
        let bytes = try input.read(upTo: 1 << 20, subject: source)
        if bytes.isEmpty { break }
        try descriptor.writeAll(bytes, subject: path)
      }
    }
  }

  /// Lets `fill` write a temporary file beside `path` and renames it over `path`. Errors name
  /// `path`: nobody knows the temporary name.
  /// - Throws: ``SystemCallError``, or what `fill` throws; `path` is then untouched.
  package static func replace(
    _ path: String, mode: UInt32, durable: Bool,
    fill: (borrowing OwnedDescriptor) throws -> Void
  ) throws {
    let temporary = temporaryName(for: path)
    let number = try systemCall("open", on: path) {
      Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
    }
    let descriptor = OwnedDescriptor(adopting: number)
    do {
      try fill(descriptor)
      try systemCall("fchmod", on: path) { fchmod(number, mode_t(mode)) }
      if durable { try systemCall("fsync", on: path) { fsync(number) } }
      try systemCall("rename", on: path) { rename(temporary, path) }
    } catch {
      unlink(temporary)
      throw error
    }
    if durable {
      let directory = try OwnedDescriptor.open(PathParent.of(path), flags: O_RDONLY | O_DIRECTORY)
      let directoryNumber = directory.rawValue
      try systemCall("fsync", on: path) { fsync(directoryNumber) }
    }
  }

  private static func temporaryName(for path: String) -> String {
    "\(path).\(getpid())-\(UInt64.random(in: .min ... .max)).tmp"
  }
}
