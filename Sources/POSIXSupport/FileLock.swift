import Glibc

/// An exclusive advisory lock between processes, held as long as this value lives.
///
/// The kernel drops it with the process, so a crash leaves nothing to clean up. The
/// lock's file stays: removing it would let two processes lock two files of one name.
package struct FileLock: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor

  private init(descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }

  /// Takes the lock if it is free; `mode` is that of a file that is made for it.
  /// - Returns: nil when another process, or another part of this one, holds it.
  /// - Throws: ``SystemCallError``: the file cannot be opened.
  package static func tryAcquire(
    _ path: String, mode: UInt32 = 0o600
  ) throws(SystemCallError) -> FileLock? {
    let descriptor = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT, mode: mode)
    let number = descriptor.rawValue
    let taken = try systemCallUnlessBlocking("flock", on: path) {
      flock(number, LOCK_EX | LOCK_NB)
    }
    return taken == nil ? nil : FileLock(descriptor: descriptor)
  }

  /// Replaces what the lock's file says, for those who find it taken. They read it as any other
  /// file, and may meet it empty.
  /// - Throws: ``SystemCallError`` naming `path`.
  package borrowing func note(_ text: String, in path: String) throws(SystemCallError) {
    let number = descriptor.rawValue
    try systemCall("ftruncate", on: path) { ftruncate(number, 0) }
    try systemCall("lseek", on: path) { lseek(number, 0, SEEK_SET) }
    try descriptor.writeAll(text.utf8, subject: path)
  }

  /// Waits for the lock; polls ten times a second, which keeps the wait cancellable.
  /// - Throws: ``SystemCallError``, ``DeadlineExceeded``, `CancellationError`.
  package static func acquire(_ path: String, timeout: Duration) async throws -> FileLock {
    let deadline = ContinuousClock.now + timeout
    while true {
      if let lock = try tryAcquire(path) { return lock }
      if ContinuousClock.now >= deadline { throw DeadlineExceeded(subject: "lock \(path)") }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
