import Foundation
import Glibc
import POSIXSupport

/// A file of this machine during a transfer. All calls block and throw
/// ``DeviceError/hostFile(path:detail:)``.
final class HostFile: Sendable {
  private let path: String
  /// Where the bytes are until ``commit()``; `path` itself when reading.
  private let workingPath: String
  private let descriptor: OwnedDescriptor

  /// Bytes per step.
  private static let chunk = 512 << 10

  init(reading path: String) throws(DeviceError) {
    self.path = path
    self.workingPath = path
    do {
      self.descriptor = try OwnedDescriptor.open(path, flags: O_RDONLY)
    } catch {
      throw Self.failure(error, path: path)
    }
  }

  /// A new file beside `path`, which takes its name on ``commit()`` and vanishes without it.
  init(replacing path: String) throws(DeviceError) {
    self.path = path
    self.workingPath = "\(path).\(UUID().uuidString).part"
    do {
      self.descriptor = try OwnedDescriptor.open(
        workingPath, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    } catch {
      throw Self.failure(error, path: path)
    }
  }

  deinit {
    if workingPath != path { unlink(workingPath) }
  }

  /// Seconds since 1970.
  func modified() throws(DeviceError) -> UInt32 {
    var status = stat()
    let number = descriptor.rawValue
    do {
      try systemCall("fstat", on: path) { fstat(number, &status) }
    } catch {
      throw Self.failure(error, path: path)
    }
    return UInt32(clamping: status.st_mtim.tv_sec)
  }

  /// The next bytes; empty at the end.
  func read() throws(DeviceError) -> [UInt8] {
    do {
      return try descriptor.read(upTo: Self.chunk, subject: path)
    } catch {
      throw Self.failure(error, path: path)
    }
  }

  func write(_ bytes: [UInt8]) throws(DeviceError) {
    do {
      try descriptor.writeAll(bytes, subject: path)
    } catch {
      throw Self.failure(error, path: path)
    }
  }

  func commit() throws(DeviceError) {
    do {
      try systemCall("rename", on: path) { rename(workingPath, path) }
    } catch {
      throw Self.failure(error, path: path)
    }
  }

  private static func failure(_ error: SystemCallError, path: String) -> DeviceError {
    .hostFile(path: path, detail: "\(error.call): \(error.reason)")
  }
}
