/// What a probe must not attach to, as production kernels lack it.
///
/// Android's generic kernel image has no function tracer, so no fentry, fexit or LSM programs, and
/// no `syscalls:*` tracepoints (`raw_syscalls` is there).
package enum HookRules {
  /// Why programs of this ELF section cannot be used, or nil.
  package static func objection(toSection section: String) -> String? {
    let name = section.hasPrefix("?") ? section.dropFirst() : Substring(section)
    let kind = name.prefix { $0 != "/" }
    let family = kind.prefix { $0 != "." }
    if ["fentry", "fexit", "fmod_ret", "lsm", "lsm_cgroup"].contains(family) {
      return "section '\(section)': production kernels have no \(family); use tp_btf or kprobe"
    }
    if name.hasPrefix("tracepoint/syscalls/") || name.hasPrefix("tp/syscalls/") {
      return "section '\(section)': production kernels have no syscalls:*; use raw_syscalls"
    }
    return nil
  }
}
