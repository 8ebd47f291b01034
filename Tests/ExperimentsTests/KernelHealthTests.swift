import Testing

@testable import Experiments

@Suite struct KernelHealthTests {
  private func health(_ boot: String, _ taints: String?) -> KernelHealth {
    var files = [KernelHealth.bootIDPath: boot + "\n"]
    files["/proc/sys/kernel/tainted"] = taints.map { $0 + "\n" }
    return KernelHealth(files: files)
  }

  @Test func aKernelThatStaysAsItIsIsWell() {
    #expect(health("a", "0").damage(since: health("a", "0")) == nil)
    #expect(health("a", nil).damage(since: health("a", nil)) == nil)
    // Out-of-tree modules and an older fault say nothing about this load.
    #expect(health("a", "4096").damage(since: health("a", "0")) == nil)
    #expect(health("a", "640").damage(since: health("a", "640")) == nil)
  }

  /// Taken for gone, a machine that restarts has its power cycled, and nobody learns of its panic.
  @Test func aMachineOnABusyHostHasTimeToRestart() {
    #expect(SafetyGate.returnLimit(transport: "virtual") >= .seconds(60))
  }

  @Test func anotherBootOrAFreshFaultIsDamage() {
    #expect(health("b", "0").damage(since: health("a", "0")) == "the device has restarted")
    #expect(health("a", "128").damage(since: health("a", "0"))?.contains("an OOPS") == true)
    #expect(health("a", "640").damage(since: health("a", "128"))?.contains("warning") == true)
  }
}
