import Foundation
import Glibc
import POSIXSupport

/// A connection to QEMU's monitor (QMP), for one command.
struct QEMUMonitor: Sendable {
  /// Name of the device, for messages.
  let name: String
  let directory: RunDirectory

  /// Bytes of answers that are read before the peer counts as something else.
  private static let answerLimit = 1 << 20

  /// Ends QEMU at once; the guest is not asked.
  func quit(limit: Duration) async throws { try await execute("quit", limit: limit) }

  /// Presses the reset button; the guest is not asked.
  func reset(limit: Duration) async throws { try await execute("system_reset", limit: limit) }

  /// - Throws: ``VirtualDeviceError/monitor(name:reason:)``, `SystemCallError`,
  ///   `TimeoutError`, `CancellationError`.
  private func execute(_ command: String, limit: Duration) async throws {
    let deadline = Deadline.now + limit
    // A socket's path has room for 107 bytes and the cache directory may be deep.
    let opened = try OwnedDescriptor.open(directory.path, flags: O_RDONLY | O_DIRECTORY)
    let path = "/proc/self/fd/\(opened.rawValue)/\(QEMUCommandLine.monitorSocket)"
    let connection = try await SocketAddress.unix(path: path).connect(deadline: deadline)
    withExtendedLifetime(opened) {}
    defer { connection.close() }
    var lines = MonitorLines()
    try await expect("QMP", from: connection, lines: &lines, deadline: deadline)
    for request in ["qmp_capabilities", command] {
      try await connection.write(
        Array("{\"execute\":\"\(request)\"}\n".utf8), deadline: deadline)
      try await expect("return", from: connection, lines: &lines, deadline: deadline)
    }
  }

  /// Reads on until an object with `key` arrives; events in between are passed over.
  private func expect(
    _ key: String, from connection: AsyncDescriptor, lines: inout MonitorLines, deadline: Deadline
  ) async throws {
    var taken = 0
    while true {
      while let line = lines.next() {
        let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        guard let object else { throw failure("'\(String(decoding: line, as: UTF8.self))'") }
        if let error = object["error"] { throw failure("\(error)") }
        if object[key] != nil { return }
      }
      let bytes = try await connection.read(deadline: deadline)
      taken += bytes.count
      if bytes.isEmpty { throw failure("closed the connection before '\(key)'") }
      if taken > Self.answerLimit { throw failure("more than \(Self.answerLimit) bytes") }
      lines.append(bytes)
    }
  }

  private func failure(_ reason: String) -> VirtualDeviceError {
    .monitor(name: name, reason: reason)
  }
}

/// Splits what arrives into lines.
struct MonitorLines: Sendable {
  private var pending: [UInt8] = []

  mutating func append(_ bytes: [UInt8]) { pending += bytes }

  /// The next whole line without its end, blank ones left out.
  mutating func next() -> [UInt8]? {
    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
      let line = pending[..<end].filter { $0 != UInt8(ascii: "\r") }
      pending.removeSubrange(...end)
      if !line.isEmpty { return Array(line) }
    }
    return nil
  }
}
