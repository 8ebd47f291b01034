import Catalogs
import ProbeBuild
import Testing

@testable import Experiments

@Suite struct LabelResolverTests {
  private let resolver = LabelResolver(
    partitions: """
      major minor  #blocks  name

       254        0  268435456 vda
       179        1     131072 mmcblk0p1
       253        5       4096 my disk
      9999999     1  1 nonsense
      """,
    systemCalls: SystemCallTable(names: [98: "futex"]))

  @Test func namesBlockDevicesByKernelNumber() {
    #expect(resolver.name(.blockDevice, 254 << 20) == "vda")
    #expect(resolver.name(.blockDevice, 179 << 20 | 1) == "mmcblk0p1")
    #expect(resolver.name(.blockDevice, 253 << 20 | 5) == "my disk")
    #expect(resolver.name(.blockDevice, 1) == nil)
  }

  @Test func namesSystemCalls() {
    #expect(resolver.name(.syscall, 98) == "futex")
    #expect(resolver.name(.syscall, 1 << 31 | 240) == "compat-240")
    #expect(resolver.name(.syscall, 99) == nil)
    #expect(resolver.name(.syscall, UInt64.max) == nil)
    #expect(resolver.name(.number, 98) == nil)
  }
}
