import Testing

@testable import ProbeBuild

@Suite struct SystemCallTableTests {
  @Test func resolvesAliasesAndSums() {
    let table = SystemCallTable(
      macros: """
        #define __NR_SYSCALL_BASE 0
        #define __NR_restart_syscall (__NR_SYSCALL_BASE+ 0)
        #define __NR_futex (__NR_SYSCALL_BASE+240)
        #define __NR3264_fcntl 25
        #define __NR_fcntl __NR3264_fcntl
        #define __NR_syscalls 451
        #define __NR_hex 0x10
        #define __NR_loop __NR_loop
        #define __NR_odd (1 << 3)
        #define __linux__ 1
        #define EMPTY
        """)
    #expect(table.names == [0: "restart_syscall", 240: "futex", 25: "fcntl", 16: "hex"])
    #expect(table.name(240) == "futex")
    #expect(table.name(7) == nil)
  }

  @Test func survivesItsOwnTextForm() {
    let table = SystemCallTable(names: [98: "futex", 56: "openat"])
    #expect(table.text == "56 openat\n98 futex\n")
    #expect(SystemCallTable(text: table.text) == table)
    #expect(SystemCallTable(text: "x openat\n") == nil)
  }
}
