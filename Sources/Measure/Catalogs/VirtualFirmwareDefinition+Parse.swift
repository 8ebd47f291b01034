extension VirtualFirmwareDefinition {
  /// Reads all firmwares of a virtual device: first those that stand on their own, then those
  /// that say what they change in one of them.
  static func readAll(_ entries: [(name: String, value: FieldReader)]) -> [String: Self] {
    var firmwares: [String: Self] = [:]
    func base(_ value: FieldReader) -> String? {
      value.node.mapping?["extends"]?.scalar?.string
    }
    for (name, value) in entries where base(value) == nil {
      firmwares[name] = read(value, from: nil)
    }
    let bases = firmwares
    for (name, value) in entries {
      guard let base = base(value) else { continue }
      if bases[base] == nil, let field = value.anyMapping()?.optional("extends") {
        let exists = entries.contains { $0.name == base }
        field.report(
          exists ? "'\(base)' extends another one itself" : "there is no firmware '\(base)'",
          remedy: remedy(forUnknown: base, known: bases.keys.filter { $0 != base }))
      }
      firmwares[name] = read(value, from: bases[base] ?? Self(kernel: ""))
    }
    return firmwares
  }

  private static let keys = [
    "extends", "kernel", "cmdline", "cpus", "memory", "disks", "scheduler", "timing",
    "cpu_quota", "kit", "perfetto", "at_boot",
  ]

  /// Reads one firmware; `base` holds for keys that are not given, nil gives the defaults.
  private static func read(_ value: FieldReader, from base: Self?) -> Self? {
    guard let map = value.mapping(known: keys) else { return nil }
    var firmware = base ?? Self(kernel: "")
    let kernel =
      base == nil
      ? map.required("kernel", remedy: "give the kernel series, such as \"6.1\"")
      : map.optional("kernel")
    firmware.kernel = kernel.flatMap(series) ?? firmware.kernel
    firmware.commandLine = map.optional("cmdline")?.text() ?? firmware.commandLine
    firmware.cpus = map.optional("cpus")?.integer(in: 1...8) ?? firmware.cpus
    firmware.memory =
      map.optional("memory")?.parsed("a size from 256MiB to 8GiB, in whole MiB", memory)
      ?? firmware.memory
    if let disks = map.optional("disks")?.mapping(known: ["ext4", "f2fs"]) {
      disks.optional("ext4").map { firmware.ext4.change($0) }
      disks.optional("f2fs").map { firmware.f2fs.change($0) }
    }
    firmware.scheduler = map.optional("scheduler")?.choice() ?? firmware.scheduler
    firmware.timing = map.optional("timing")?.choice() ?? firmware.timing
    firmware.cpuQuota =
      map.optional("cpu_quota")?.parsed("a share from 5% to 100%") { text in
        Percentage(text).flatMap { (0.05...1).contains($0.fraction) ? $0 : nil }
      } ?? firmware.cpuQuota
    firmware.kit = map.optional("kit")?.list().compactMap { $0.name() } ?? firmware.kit
    firmware.perfetto = map.optional("perfetto")?.boolean() ?? firmware.perfetto
    firmware.atBoot = map.optional("at_boot")?.text() ?? firmware.atBoot
    return firmware
  }

  private static func series(_ value: FieldReader) -> String? {
    guard let text = value.text() else { return nil }
    if kernels.contains(text) { return text }
    value.report(
      "no virtual device has kernel '\(text)'",
      remedy: "write one of \(kernels.joined(separator: ", "))")
    return nil
  }

  private static func memory(_ text: String) -> ByteSize? {
    let mebibyte: UInt64 = 1 << 20
    guard let size = ByteSize(text), (256 * mebibyte...8192 * mebibyte).contains(size.bytes),
      size.bytes.isMultiple(of: mebibyte)
    else { return nil }
    return size
  }
}

extension VirtualFirmwareDefinition.DiskLimit {
  fileprivate mutating func change(_ value: FieldReader) {
    guard let map = value.mapping(known: ["iops", "bandwidth"]) else { return }
    iops = map.optional("iops")?.integer(in: 1...1_000_000) ?? iops
    let expected = "a size per second of at least 4KiB/s, such as 20MiB/s"
    bandwidth =
      map.optional("bandwidth")?.parsed(expected) { text in
        guard text.hasSuffix("/s"), let size = ByteSize(String(text.dropLast(2))),
          size.bytes >= 4096
        else { return nil }
        return size
      } ?? bandwidth
  }
}
