/// The text of a device's serial console.
struct ConsoleLog: Sendable {
  private let lines: [Substring]

  /// - Parameter bytes: as the device wrote them; malformed UTF-8 is replaced.
  init(bytes: [UInt8]) {
    lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
  }

  /// How often adbd has begun to listen: once per boot.
  var readyCount: Int { lines.count { $0.hasPrefix(GuestScripts.readyMarker) } }

  /// Lines that report a panic, in all boots since QEMU started.
  var panicCount: Int { lines.count { $0.contains("Kernel panic - not syncing") } }

  /// The last lines, for messages.
  func tail(lines count: Int = 25) -> String {
    lines.isEmpty ? "(nothing)" : lines.suffix(count).joined(separator: "\n")
  }
}
