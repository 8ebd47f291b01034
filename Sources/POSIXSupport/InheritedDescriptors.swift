import Foundation
import Glibc

/// Descriptors that the process was started with, beyond the three standard ones.
package enum InheritedDescriptors {
  /// Keeps them from programs that this process starts.
  ///
  /// An adb server outlives whoever starts it: it would keep a CI job's pipes and locks open. Call
  /// it first thing in `main`, while every descriptor is still somebody else's.
  package static func keepFromChildren() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    for number in names.compactMap({ Int32($0) }) where number > STDERR_FILENO {
      // One of them was the listing itself and is gone: EBADF is fine.
      _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    }
  }
}
