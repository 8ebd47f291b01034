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

  /// A forbidden section in C source.
  package struct Violation: Sendable, Equatable {
    /// Counted from 1.
    package let line: Int
    package let reason: String
  }

  /// Finds forbidden sections in the string literals of a probe's source.
  package static func violations(inSource source: String) -> [Violation] {
    source.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
      .flatMap { index, line in
        line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
          .filter { !$0.offset.isMultiple(of: 2) }
          .compactMap { objection(toSection: String($0.element)) }
          .map { Violation(line: index + 1, reason: $0) }
      }
  }
}
