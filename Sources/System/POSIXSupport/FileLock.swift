import Glibc

/// An exclusive advisory lock between processes, held as long as this value lives.
///
/// The kernel drops it with the process, so a crash leaves nothing to clean up. The
/// lock's file stays unless all that lock it look again: removing it would let two processes lock
/// two files of one name.
package struct FileLock: ~Copyable, Sendable {
  private let descriptor: OwnedDescriptor

  private init(descriptor: consuming OwnedDescriptor) {
    self.descriptor = descriptor
  }

  /// A child that another thread has just forked holds the descriptor until its exec: closing alone
  /// would leave the lock taken until then.
  deinit {
    flock(descriptor.rawValue, LOCK_UN)
  }

  /// Takes the lock if it is free.
  /// - Returns: nil when another process, or another part of this one, holds it.
  /// - Throws: ``SystemCallError``: the file cannot be opened.
  package static func tryAcquire(_ path: String) throws(SystemCallError) -> FileLock? {
    let descriptor = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
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

  /// False when the file was removed, or another made in its place, since it was opened: then
  /// another process may hold a lock of the same name.
  package borrowing func isNamed(_ path: String) -> Bool {
    var own = stat()
    var named = stat()
    return fstat(descriptor.rawValue, &own) == 0 && lstat(path, &named) == 0
      && named.st_ino == own.st_ino && named.st_dev == own.st_dev
  }

  /// Waits for the lock; polls ten times a second, which keeps the wait cancellable.
  /// - Throws: ``SystemCallError``, ``TimeoutError``, `CancellationError`.
  package static func acquire(_ path: String, timeout: Duration) async throws -> FileLock {
    let deadline = ContinuousClock.now + timeout
    while true {
      if let lock = try tryAcquire(path) { return lock }
      if ContinuousClock.now >= deadline { throw TimeoutError(subject: "lock \(path)") }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}

// Locks that users of one machine share.
extension FileLock {
  /// How often a file that another user is just making is tried.
  private static let patience = 50

  /// Takes the lock if it is free. The file may belong to any user, in a directory where all may
  /// write; it is made for all users.
  ///
  /// No link is followed, and nothing but a plain file of one name is written to: another user may
  /// have put it there.
  /// - Returns: nil when it is held.
  /// - Throws: ``SystemCallError``: the file cannot be opened, or is no plain file.
  package static func tryAcquireShared(_ path: String) throws(SystemCallError) -> FileLock? {
    var tries = 0
    while true {
      tries += 1
      do throws(SystemCallError) {
        let descriptor = try openShared(path)
        let number = descriptor.rawValue
        var own = stat()
        try systemCall("fstat", on: path) { fstat(number, &own) }
        guard own.st_mode & S_IFMT == S_IFREG, own.st_nlink <= 1 else {
          throw SystemCallError(call: "lock", code: EINVAL, subject: path)
        }
        let taken = try systemCallUnlessBlocking("flock", on: path) {
          flock(number, LOCK_EX | LOCK_NB)
        }
        if taken == nil { return nil }
        // Its last holder may have removed it between the two calls.
        let lock = FileLock(descriptor: descriptor)
        if lock.isNamed(path) { return lock }
      } catch {
        // Made by a process that has not opened it for all users yet, or gone again.
        guard [EACCES, ENOENT, EEXIST].contains(error.code), tries < patience else { throw error }
        usleep(2000)
      }
    }
  }

  private static func openShared(_ path: String) throws(SystemCallError) -> OwnedDescriptor {
    // Without O_CREAT, which the kernel refuses for a file of another user (protected_regular).
    do {
      return try OwnedDescriptor.open(path, flags: O_RDWR | O_NOFOLLOW)
    } catch {
      guard error.code == ENOENT else { throw error }
    }
    let made = try OwnedDescriptor.open(
      path, flags: O_RDWR | O_NOFOLLOW | O_CREAT | O_EXCL, mode: 0o666)
    let number = made.rawValue
    // Past the umask.
    try systemCall("fchmod", on: path) { fchmod(number, 0o666) }
    return made
  }

  /// Removes the file of a lock of ``tryAcquireShared(_:)`` while it is held, where this user may.
  package borrowing func remove(_ path: String) {
    unlink(path)
  }
}
