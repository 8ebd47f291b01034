import Crypto
import FleetReports
import Foundation
import POSIXSupport

/// The segment that is written: one batch and one fsync at a time.
struct ActiveSegment: ~Copyable {
  let number: UInt64
  private let path: String
  private let descriptor: OwnedDescriptor
  private var digest: SHA256
  /// Bytes that are on the disk.
  private(set) var size: UInt64

  /// Makes an empty segment.
  /// - Throws: ``LogError``.
  static func make(
    _ header: SegmentHeader, in directory: LogDirectory
  ) throws(LogError) -> ActiveSegment {
    let path = directory.openPath(header.number)
    let bytes = header.bytes
    do { try AtomicFile.write(bytes, to: path, mode: 0o600) } catch {
      throw Self.error(error, path: path)
    }
    return try ActiveSegment(number: header.number, path: path, contents: bytes)
  }

  /// Continues a segment whose bytes are known to be whole.
  init(number: UInt64, path: String, contents: [UInt8]) throws(LogError) {
    self.number = number
    self.path = path
    do {
      let opened = try OwnedDescriptor.open(path, flags: O_WRONLY)
      let file = opened.rawValue
      // A collector that was killed may have written a batch and not synced it: whoever sends its
      // reports again gets an answer at once.
      try systemCall("fdatasync", on: path) { fdatasync(file) }
      descriptor = opened
    } catch {
      throw LogError(.unusable, error, path: path)
    }
    digest = SHA256()
    digest.update(data: contents)
    size = UInt64(contents.count)
  }

  /// Appends a frame; when this returns, it is on the disk.
  /// - Throws: ``LogError``: of kind `full`, the segment is as before; of kind `broken`, it must
  ///   not be written to again.
  mutating func append(_ frame: [UInt8]) throws(LogError) {
    let number = descriptor.rawValue
    do {
      var written = 0
      while written < frame.count {
        let start = written
        let place = off_t(size) + off_t(start)
        written += try systemCall("pwrite", on: path) {
          frame.withUnsafeBytes {
            pwrite(number, $0.baseAddress?.advanced(by: start), $0.count - start, place)
          }
        }
      }
      try systemCall("fdatasync", on: path) { fdatasync(number) }
    } catch {
      try giveBack(error)
      throw Self.error(error, path: path)
    }
    digest.update(data: frame)
    size += UInt64(frame.count)
  }

  /// Takes away what a failed write left. A page that could not be written may count as clean
  /// afterwards, so that only a lack of space is survived.
  private func giveBack(_ cause: SystemCallError) throws(LogError) {
    let number = descriptor.rawValue
    let end = off_t(size)
    guard Self.isLackOfSpace(cause) else { throw LogError(.broken, cause, path: path) }
    do {
      try systemCall("ftruncate", on: path) { ftruncate(number, end) }
      try systemCall("fdatasync", on: path) { fdatasync(number) }
    } catch {
      throw LogError(.broken, error, path: path)
    }
  }

  /// Gives the file its name for good.
  /// - Returns: SHA-256 of its bytes.
  /// - Throws: ``LogError``.
  consuming func seal(in directory: LogDirectory) throws(LogError) -> [UInt8] {
    let hash = Array(digest.finalize())
    do {
      let final = directory.sealedPath(number, digest: Hexadecimal.text(hash))
      let path = path
      try systemCall("rename", on: path) { rename(path, final) }
      try directory.sync()
    } catch {
      throw LogError(.broken, error, path: path)
    }
    return hash
  }

  private static func isLackOfSpace(_ error: SystemCallError) -> Bool {
    [ENOSPC, EDQUOT, EFBIG].contains(error.code)
  }

  private static func error(_ cause: any Error, path: String) -> LogError {
    guard let fault = cause as? SystemCallError, isLackOfSpace(fault) else {
      return LogError(.broken, cause, path: path)
    }
    return LogError(.full, fault, path: path)
  }
}
