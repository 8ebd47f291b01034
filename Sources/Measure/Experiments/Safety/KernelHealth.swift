import Foundation

/// Signs by which a kernel reports that something inside it broke.
struct KernelHealth: Sendable, Equatable {
  static let bootIDPath = "/proc/sys/kernel/random/boot_id"
  private static let taintPath = "/proc/sys/kernel/tainted"
  static let paths = [bootIDPath, taintPath]

  /// Empty where it cannot be read.
  var bootID: String
  /// Bits of Documentation/admin-guide/tainted-kernels.rst; 0 where they cannot be read.
  var taints: UInt64

  /// - Parameter files: the contents of ``paths``.
  init(files: [String: String]) {
    func line(_ path: String) -> String {
      (files[path] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }
    bootID = line(Self.bootIDPath)
    taints = UInt64(line(Self.taintPath)) ?? 0
  }

  /// What went wrong since `before`; nil when nothing did.
  ///
  /// A kernel that had its fault before can show no further one here.
  func damage(since before: KernelHealth) -> String? {
    if bootID != before.bootID { return "the device has restarted" }
    let fresh = taints & ~before.taints
    for (bit, meaning) in [(7, "it had an OOPS or a BUG"), (9, "it issued a warning")]
    where fresh & 1 << UInt64(bit) != 0 {
      return "the kernel says since then that \(meaning)"
    }
    return nil
  }
}
