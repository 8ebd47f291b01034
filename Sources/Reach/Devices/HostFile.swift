import ADB
import Foundation
import Glibc
import POSIXSupport

/// A file of this machine during a transfer. All calls block and throw
/// ``DeviceError/hostFile(path:detail:)``.
final class HostFile: SyncSource {
  private let path: String
  /// Where the bytes are until ``commit()``; `path` itself when reading.
  let workingPath: String
  private let descriptor: OwnedDescriptor

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
    UInt32(clamping: try status().st_mtim.tv_sec)
  }

  /// Bytes.
  func size() throws(DeviceError) -> Int {
    Int(try status().st_size)
  }

  private func status() throws(DeviceError) -> stat {
    var status = stat()
    let number = descriptor.rawValue
    do {
      try systemCall("fstat", on: path) { fstat(number, &status) }
    } catch {
      throw Self.failure(error, path: path)
    }
    return status
  }

  /// Reads the next bytes; fewer than the buffer holds only at the end.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var count = 0
    do {
      while count < buffer.count {
        let part = try systemCall("read", on: path) {
          read(descriptor.rawValue, buffer.baseAddress?.advanced(by: count), buffer.count - count)
        }
        if part == 0 { break }
        count += part
      }
    } catch {
      throw Self.failure(error, path: path)
    }
    return count
  }

  /// Appends bytes.
  func write(_ piece: ArraySlice<UInt8>) throws(DeviceError) {
    var offset = 0
    while offset < piece.count {
      do {
        offset += try systemCall("write", on: path) {
          piece.withUnsafeBytes { raw in
            Glibc.write(
              descriptor.rawValue, raw.baseAddress?.advanced(by: offset), raw.count - offset)
          }
        }
      } catch {
        throw Self.failure(error, path: path)
      }
    }
  }

  /// Gives the new file its mode, less this process's mask, and its time in seconds since 1970.
  func setFacts(mode: UInt32, modified: Int64) throws(DeviceError) {
    let number = descriptor.rawValue
    let time = timespec(tv_sec: Int(modified), tv_nsec: 0)
    do {
      try systemCall("fchmod", on: path) { fchmod(number, mode & ~Self.mask) }
      try systemCall("futimens", on: path) { futimens(number, [time, time]) }
    } catch {
      throw Self.failure(error, path: path)
    }
  }

  /// umask(2) can only be asked by changing it.
  private static let mask: UInt32 = {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("Umask:") }
    let digits = line?.split(whereSeparator: \.isWhitespace).last
    return digits.flatMap { UInt32($0, radix: 8) } ?? 0o022
  }()

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
