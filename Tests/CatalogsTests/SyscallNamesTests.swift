import Testing

@testable import Catalogs

struct SyscallNamesTests {
  /// Numbers from the kernel's tables, at the beginning, around gaps, and at the end.
  @Test(arguments: [
    (63, "arm64", "read"), (82, "arm64", "fsync"), (222, "arm64", "mmap"), (260, "arm64", "wait4"),
    (424, "arm64", "pidfd_send_signal"), (0, "x86_64", "read"), (74, "x86_64", "fsync"),
    (435, "x86_64", "clone3"), (3, "armv7", "read"), (118, "armv7", "fsync"),
    (397, "armv7", "statx"), (118 | 1 << 31, "arm64", "compat_fsync"),
  ])
  func known(number: UInt64, abi: String, name: String) {
    #expect(syscallName(number, abi: abi) == name)
  }

  @Test(arguments: [
    (244, "arm64"), (9999, "arm64"), (1 << 31, "x86_64"), (1, "mips"), (1 << 40, "arm64"),
  ])
  func unknown(number: UInt64, abi: String) {
    #expect(syscallName(number, abi: abi) == nil)
  }
}
