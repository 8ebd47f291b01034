/// What identifies a build where the device's identity does not: a command, and the reading of
/// its answer.
package struct FirmwareReading: Sendable, Equatable {
  /// Of `/sys/kernel/notes`; empty where they cannot be read.
  package var kernelNotes: [UInt8] = []
  /// Of a device with two of them, such as `_a`; nil = it has none.
  package var slot: String?

  /// A line each, as in ``DeviceFacts/command``.
  package static let command = """
    notes=$(od -An -v -tx1 /sys/kernel/notes 2>/dev/null | tr -d ' \\n')
    printf 'latgate:notes=%s\\n' "$notes"
    slot=$(getprop ro.boot.slot_suffix 2>/dev/null)
    [ -n "$slot" ] || for word in $(cat /proc/cmdline 2>/dev/null); do
    case $word in androidboot.slot_suffix=*|rauc.slot=*) slot=${word#*=};; esac
    done
    printf 'latgate:slot=%s\\n' "$slot"
    """

  package init(parsing answer: String) {
    for line in answer.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("latgate:notes=") {
        kernelNotes = Self.bytes(line.dropFirst("latgate:notes=".count))
      } else if line.hasPrefix("latgate:slot=") {
        let value = line.dropFirst("latgate:slot=".count)
        slot = value.isEmpty ? nil : String(value)
      }
    }
  }

  /// None for what is not pairs of hex digits.
  private static func bytes(_ text: Substring) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return [] }
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
  }
}
