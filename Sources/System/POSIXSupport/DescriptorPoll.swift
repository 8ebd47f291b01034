import Glibc

extension OwnedDescriptor {
  /// Blocks until the descriptor is ready, at its end, failed, or the time is over.
  ///
  /// For threads made for one descriptor; anything else waits with ``ReadinessMonitor``.
  /// - Returns: false when the time was over first.
  /// - Throws: ``SystemCallError`` naming `subject`.
  package borrowing func isReady(
    for interest: ReadinessMonitor.Interest, within milliseconds: Int32, subject: String
  ) throws(SystemCallError) -> Bool {
    let events = interest == .readable ? POLLIN : POLLOUT
    var entry = pollfd(fd: rawValue, events: Int16(events), revents: 0)
    return try systemCall("poll", on: subject) { poll(&entry, 1, milliseconds) } > 0
  }
}
