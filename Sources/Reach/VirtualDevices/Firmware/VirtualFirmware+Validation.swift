extension VirtualFirmware {
  /// Bytes of the arm64 kernel's COMMAND_LINE_SIZE left for ``commandLine`` beside our own words.
  static let commandLineLimit = 1700

  /// Words with a meaning between this tool and the image; changing them would break the boot.
  private static let reservedWords = ["console", "init", "rdinit", "root", "latgate."]

  /// Refuses values that QEMU or the kernel would misread.
  /// - Throws: ``VirtualDeviceError/invalidValue(field:value:reason:)``.
  package func validate() throws(VirtualDeviceError) {
    if !(1...8).contains(cpus) {
      throw .invalidValue(field: "cpus", value: "\(cpus)", reason: "must be from 1 to 8")
    }
    if !(256...8192).contains(memoryMiB) {
      throw .invalidValue(
        field: "memoryMiB", value: "\(memoryMiB)", reason: "must be from 256 to 8192 MiB")
    }
    try data.validate(field: "data")
    try f2fs.validate(field: "f2fs")
    try validateCommandLine()
    try validateTiming()
  }

  /// A 32-bit kernel waits for its other CPUs without a hint to the emulator. Counted time gives
  /// such a CPU the whole time up to the next timer event, every time (QEMU before 8.1), so the
  /// boot would never end.
  private func validateTiming() throws(VirtualDeviceError) {
    guard kernel.architecture == .armhf, timing == .counted, cpus > 1 else { return }
    throw .invalidValue(
      field: "cpus", value: "\(cpus)",
      reason: "kernel \(kernel.rawValue) runs by counted time on 1 CPU only; "
        + "use 1 CPU, or timing '\(VirtualTiming.hostClock.rawValue)'")
  }

  private func validateCommandLine() throws(VirtualDeviceError) {
    func refusal(_ reason: String) -> VirtualDeviceError {
      .invalidValue(field: "commandLine", value: commandLine, reason: reason)
    }
    guard commandLine.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
      throw refusal("only printable ASCII is allowed")
    }
    guard commandLine.utf8.count <= Self.commandLineLimit else {
      throw refusal("longer than \(Self.commandLineLimit) bytes")
    }
    for word in commandLine.split(separator: " ") {
      let key = word.prefix { $0 != "=" }
      if word == "--" { throw refusal("'--' would hide the words after it from the kernel") }
      if Self.reservedWords.contains(where: { $0.hasSuffix(".") ? key.hasPrefix($0) : key == $0 }) {
        throw refusal("'\(key)' is set by this tool")
      }
    }
  }
}
