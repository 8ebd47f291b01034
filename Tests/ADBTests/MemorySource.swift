import Synchronization

@testable import ADB

/// Bytes in memory as a file to send.
final class MemorySource: SyncSource {
  private let rest: Mutex<ArraySlice<UInt8>>

  init(_ bytes: [UInt8]) {
    rest = Mutex(bytes[...])
  }

  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    rest.withLock { rest in
      let part = rest.prefix(buffer.count)
      buffer.copyBytes(from: part)
      rest = rest.dropFirst(part.count)
      return part.count
    }
  }
}
