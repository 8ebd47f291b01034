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
}
