import Foundation
import Testing

@testable import ProbeBuild

@Suite struct HookRulesTests {
  @Test(arguments: [
    "fentry/vfs_read", "fexit/vfs_read", "fexit.s/vfs_read", "fmod_ret/x", "lsm/file_open",
    "lsm.s/file_open", "lsm_cgroup/x", "?fentry/x", "tracepoint/syscalls/sys_enter_read",
    "tp/syscalls/sys_exit_read",
  ])
  func objects(section: String) {
    #expect(HookRules.objection(toSection: section)?.contains("'\(section)'") == true)
  }

  @Test(arguments: [
    "tp_btf/sched_switch", "raw_tp/sys_enter", "tracepoint/raw_syscalls/sys_enter",
    "kprobe/fentry_like", "license", ".maps", "uprobe", "",
  ])
  func allows(section: String) {
    #expect(HookRules.objection(toSection: section) == nil)
  }

  @Test func findsThemInSource() {
    let source = """
      // fentry is not used
      SEC("tp_btf/sched_switch") int a(void);
      SEC("fentry/vfs_read") int b(void); SEC("tp/syscalls/sys_enter_read") int c(void);
      """
    let violations = HookRules.violations(inSource: source)
    #expect(violations.map(\.line) == [3, 3])
    #expect(violations.first?.reason.contains("fentry") == true)
    #expect(violations.last?.reason.contains("raw_syscalls") == true)
  }

  @Test func theCataloguesProbesKeepThem() throws {
    let probes = try catalogueProbes()
    try #require(!probes.isEmpty)
    for probe in probes {
      let violations = HookRules.violations(inSource: try probe.text())
      #expect(violations.isEmpty, "\(probe.path)")
    }
  }
}
