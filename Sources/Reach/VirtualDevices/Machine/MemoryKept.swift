/// The end of a machine's memory, which its kernel leaves to `ramoops`: what is there outlives a
/// reset, as on phones, so that the log of a kernel's crash can be read afterwards (pstore).
///
/// Source: Documentation/admin-guide/ramoops.rst. The driver writes when the kernel panics or oopses
/// and at no other time, so it does not disturb what is measured.
struct MemoryKept {
  /// Of the machine.
  let memoryMiB: Int

  /// Where the memory of QEMU's `virt` board begins.
  private static let memoryStart: UInt64 = 1 << 30
  /// A whole large page, so that the rest is mapped as it is without this.
  private static let sizeMiB = 2
  /// Bytes of one record: the end of a kernel's log.
  private static let recordSize = 1 << 18

  /// For the kernel's command line.
  var words: [String] {
    let usedMiB = memoryMiB - Self.sizeMiB
    let address = Self.memoryStart + UInt64(usedMiB) << 20
    return [
      "mem=\(usedMiB)M", "ramoops.mem_address=0x\(String(address, radix: 16))",
      "ramoops.mem_size=0x\(String(Self.sizeMiB << 20, radix: 16))",
      "ramoops.record_size=0x\(String(Self.recordSize, radix: 16))", "ramoops.console_size=0",
    ]
  }
}
