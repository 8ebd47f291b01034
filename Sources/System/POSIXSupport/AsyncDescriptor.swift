import Glibc
import Synchronization

/// A socket or pipe read and written without blocking a thread.
///
/// One reader and one writer may be active at the same time. ``close()`` may come
/// from anywhere: operations under way then fail with `EBADF`, and the
/// descriptor's number is given back only after the last of them has ended, so
/// that it never names a stranger's file.
package final class AsyncDescriptor: Sendable {
  private struct State {
    var isClosing = false
    var isClosed = false
    var users = 0
  }

  private let number: Int32
  private let state = Mutex(State())
  /// Named by errors: an address, a command.
  package let subject: String

  /// Takes over a descriptor and makes it non-blocking.
  /// - Throws: ``SystemCallError``.
  package init(
    adopting descriptor: consuming OwnedDescriptor, subject: String
  ) throws(SystemCallError) {
    BrokenPipe.ignoreSignal()
    let raw = descriptor.rawValue
    let flags = try systemCall("fcntl", on: subject) { fcntl(raw, F_GETFL) }
    try systemCall("fcntl", on: subject) { fcntl(raw, F_SETFL, flags | O_NONBLOCK) }
    self.number = descriptor.release()
    self.subject = subject
  }

  deinit {
    close()
  }

  /// The next bytes, as soon as there are any; empty at the end.
  /// - Throws: ``SystemCallError``, ``TimeoutError``, `CancellationError` (no byte is lost).
  package func read(upTo limit: Int = 65_536, deadline: Deadline? = nil) async throws -> [UInt8] {
    try enter()
    defer { leave() }
    while true {
      try checkOpen()
      if let bytes = try readAvailable(upTo: limit) { return bytes }
      try await wait(for: .readable, until: deadline)
    }
  }

  /// What can be read without waiting: nil = nothing now, empty = the end.
  /// - Throws: ``SystemCallError``.
  package func readNow(upTo limit: Int = 65_536) throws(SystemCallError) -> [UInt8]? {
    try enter()
    defer { leave() }
    return try readAvailable(upTo: limit)
  }

  /// Writes all bytes; suspends while the peer is not taking them.
  /// - Throws: ``SystemCallError``, ``TimeoutError``, `CancellationError`; after any of
  ///   them an unknown part has been written.
  package func write(_ bytes: [UInt8], deadline: Deadline? = nil) async throws {
    try enter()
    defer { leave() }
    var offset = 0
    while offset < bytes.count {
      try checkOpen()
      if let count = try writeAvailable(bytes, from: offset) {
        offset += count
      } else {
        try await wait(for: .writable, until: deadline)
      }
    }
  }

  /// Suspends until there is something to read, the end included.
  /// - Throws: as ``read(upTo:deadline:)``.
  package func waitReadable(deadline: Deadline? = nil) async throws {
    try enter()
    defer { leave() }
    try await wait(for: .readable, until: deadline)
    try checkOpen()
  }

  /// Suspends until there is room to write.
  /// - Throws: as ``read(upTo:deadline:)``.
  package func waitWritable(deadline: Deadline? = nil) async throws {
    try enter()
    defer { leave() }
    try await wait(for: .writable, until: deadline)
    try checkOpen()
  }

  /// Also ends when the descriptor is closed between the caller's last look and the wait.
  private func wait(
    for interest: ReadinessMonitor.Interest, until deadline: Deadline?
  ) async throws {
    try await ReadinessMonitor.shared.wait(
      for: interest, on: number, until: deadline, subject: subject,
      unless: { state.withLock { $0.isClosing } })
  }

  /// A pending error of a socket (`SO_ERROR`); 0 = none.
  /// - Throws: ``SystemCallError``.
  func pendingSocketError() throws(SystemCallError) -> Int32 {
    try enter()
    defer { leave() }
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    try systemCall("getsockopt", on: subject) {
      getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size)
    }
    return code
  }

  /// Closes once; operations under way fail with `EBADF`. Safe to repeat.
  package func close() {
    let (closeNow, abandon) = state.withLock { state in
      if state.isClosing { return (false, false) }
      state.isClosing = true
      state.isClosed = state.users == 0
      return (state.isClosed, !state.isClosed)
    }
    if closeNow { _ = Glibc.close(number) }
    if abandon { ReadinessMonitor.shared.abandon(number) }
  }

  /// Gives the descriptor away, still non-blocking; this object is closed afterwards.
  /// - Throws: ``SystemCallError`` with `EBUSY` while an operation is under way.
  package func detach() throws(SystemCallError) -> OwnedDescriptor {
    let code: Int32 = state.withLock { state in
      if state.isClosing { return EBADF }
      if state.users > 0 { return EBUSY }
      state.isClosing = true
      state.isClosed = true
      return 0
    }
    if code != 0 { throw SystemCallError(call: "detach", code: code, subject: subject) }
    return OwnedDescriptor(adopting: number)
  }

  private func readAvailable(upTo limit: Int) throws(SystemCallError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = try systemCallUnlessBlocking("read", on: subject) {
      buffer.withUnsafeMutableBytes { Glibc.read(number, $0.baseAddress, $0.count) }
    }
    guard let count else { return nil }
    buffer.removeLast(limit - count)
    return buffer
  }

  private func writeAvailable(
    _ bytes: [UInt8], from offset: Int
  ) throws(SystemCallError) -> Int? {
    try systemCallUnlessBlocking("write", on: subject) {
      bytes.withUnsafeBytes { raw in
        Glibc.write(number, raw.baseAddress?.advanced(by: offset), raw.count - offset)
      }
    }
  }

  private func enter() throws(SystemCallError) {
    let isOpen = state.withLock { state in
      if state.isClosing { return false }
      state.users += 1
      return true
    }
    if !isOpen { throw closedError }
  }

  private func leave() {
    let closeNow = state.withLock { state in
      state.users -= 1
      if !state.isClosing || state.isClosed || state.users > 0 { return false }
      state.isClosed = true
      return true
    }
    if closeNow { _ = Glibc.close(number) }
  }

  private func checkOpen() throws(SystemCallError) {
    if state.withLock({ $0.isClosing }) { throw closedError }
  }

  private var closedError: SystemCallError {
    SystemCallError(call: "use after close", code: EBADF, subject: subject)
  }
}
