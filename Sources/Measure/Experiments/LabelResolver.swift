import Catalogs
import ProbeBuild

/// Names for what keys hold as numbers: block devices and system calls of one device.
struct LabelResolver: Sendable, Equatable {
  /// By kernel `dev_t`: major << 20 | minor (include/linux/kdev_t.h).
  private var blockDevices: [UInt64: String] = [:]
  private let systemCalls: SystemCallTable

  /// - Parameters:
  ///   - partitions: text of /proc/partitions; lines that make no sense are skipped.
  ///   - systemCalls: of the device's ABI.
  init(partitions: String, systemCalls: SystemCallTable) {
    self.systemCalls = systemCalls
    for line in partitions.split(whereSeparator: \.isNewline) {
      let words = line.split(maxSplits: 3, whereSeparator: \.isWhitespace)
      guard words.count == 4, let major = UInt64(words[0]), let minor = UInt64(words[1]),
        major < 1 << 12, minor < 1 << 20
      else { continue }
      blockDevices[major << 20 | minor] = String(words[3])
    }
  }

  /// Nil when the number has no name.
  func name(_ kind: KeyField.Kind, _ number: UInt64) -> String? {
    switch kind {
    case .blockDevice: blockDevices[number]
    case .syscall: systemCall(number)
    case .number, .signed, .ipv4, .values, .text, .padding: nil
    }
  }

  private func systemCall(_ number: UInt64) -> String? {
    guard let word = UInt32(exactly: number) else { return nil }
    // Bit 31: a 32-bit program's call on a 64-bit kernel, numbered by another table.
    let isCompat = word & 1 << 31 != 0
    return isCompat ? "compat-\(word & ~(1 << 31))" : systemCalls.name(Int(word))
  }
}
