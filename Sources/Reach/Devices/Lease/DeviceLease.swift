import POSIXSupport
import Synchronization

/// The right to use a device alone: no other latgate process of this machine has it meanwhile.
///
/// The kernel takes it back when the process ends, however that happens. Its files go with it, but
/// for those of a process that was killed, which the next one uses, and those that belong to another
/// user.
package final class DeviceLease: Sendable {
  /// A lock that can stand in a list.
  private final class Held: Sendable {
    let lock: FileLock
    let path: String

    init(_ lock: consuming FileLock, _ path: String) {
      self.lock = lock
      self.path = path
    }

    deinit { lock.remove(path) }
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
  /// - Returns: the path that another job holds.
  /// - Throws: `SystemCallError`: a file cannot be made.
  static func take(_ paths: [String], note: String) throws -> Attempt {
    var held: [Held] = []
    for path in paths {
      guard let lock = try FileLock.tryAcquireShared(path) else { return .taken(path) }
      try lock.note(note, in: path)
      held.append(Held(lock, path))
    }
    return .made(DeviceLease(held))
  }

  /// What came of trying.
  enum Attempt {
    case made(DeviceLease)
    case taken(String)
  }
}
