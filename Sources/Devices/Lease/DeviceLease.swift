import Glibc
import POSIXSupport
import Synchronization

/// The right to use a device alone: no other latgate process of this machine has it meanwhile.
///
/// The kernel takes it back when the process ends, however that happens.
package final class DeviceLease: Sendable {
  /// A lock that can stand in a list.
  private final class Held: Sendable {
    let lock: FileLock
    init(_ lock: consuming FileLock) { self.lock = lock }
  }

  private let held: Mutex<[Held]>

  private init(_ held: [Held]) {
    self.held = Mutex(held)
  }

  /// Gives the device back. Safe to repeat.
  package func release() {
    held.withLock { $0 = [] }
  }

  /// Takes all of `paths`, or none.
  /// - Returns: the path that somebody else holds.
  /// - Throws: `SystemCallError`: a file cannot be made.
  static func take(
    _ paths: [String], mode: UInt32, note: String
  ) throws -> Attempt {
    var held: [Held] = []
    for path in paths {
      guard let lock = try FileLock.tryAcquire(path, mode: mode) else { return .taken(path) }
      try lock.note(note, in: path)
      // Past the umask, and only by the file's owner.
      if mode != 0o600 { _ = chmod(path, mode_t(mode)) }
      held.append(Held(lock))
    }
    return .made(DeviceLease(held))
  }

  /// What came of trying.
  enum Attempt {
    case made(DeviceLease)
    case taken(String)
  }
}
