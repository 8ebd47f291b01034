import Foundation
import Glibc
import Synchronization

/// Held while descriptors exist that a new process would inherit, and while one is made.
///
/// The C library's module hides pipe2(2), so close-on-exec comes a moment after the pipe;
/// a child started in between would keep the pipe open for its whole life.
let inheritance = Mutex(())

/// Makes a pipe that closes on exec. The caller adopts both numbers at once.
/// - Throws: ``SystemCallError``.
func makePipe(
  subject: String
) throws(SystemCallError) -> (reader: Int32, writer: Int32) {
  try inheritance.withLock { _ throws(SystemCallError) in
    var ends: [Int32] = [-1, -1]
    try systemCall("pipe", on: subject) { pipe(&ends) }
    // With valid descriptors F_SETFD cannot fail.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}

/// Open descriptors beyond the standard streams that a new process would inherit.
///
/// Closing one that has gone meanwhile is no error to posix_spawn(3).
func inheritableDescriptors() -> [Int32] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
  return names.compactMap(Int32.init).filter { number in
    let flags = fcntl(number, F_GETFD)
    return number > STDERR_FILENO && flags >= 0 && flags & FD_CLOEXEC == 0
  }
}
