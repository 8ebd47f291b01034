/// What a probe's programs may be and call: they observe, and change nothing but their own maps.
///
/// The kernel lets tracing programs do more (change a function's result, write into a process,
/// send signals); a probe that does has no place on a device under test.
package enum ProgramRules {
  /// Kinds of sections, without `.s` for sleepable programs.
  private static let kinds: Set<String> = [
    "tp_btf", "raw_tp", "raw_tracepoint", "tp", "tracepoint", "kprobe", "kretprobe", "uprobe",
    "uretprobe", "usdt", "perf_event",
  ]

  /// Helpers that read, or write only maps and the program's own stack.
  private static let helpers: Set<Int32> = Set(
    """
    map_lookup_elem map_update_elem map_delete_elem map_lookup_percpu_elem for_each_map_elem
    map_push_elem map_pop_elem map_peek_elem
    ktime_get_ns ktime_get_boot_ns ktime_get_coarse_ns ktime_get_tai_ns jiffies64
    probe_read probe_read_str probe_read_user probe_read_kernel probe_read_user_str
    probe_read_kernel_str copy_from_user copy_from_user_task
    get_prandom_u32 get_smp_processor_id get_numa_node_id
    get_current_pid_tgid get_ns_current_pid_tgid get_current_uid_gid get_current_comm
    get_current_task get_current_task_btf task_pt_regs
    get_current_cgroup_id get_current_ancestor_cgroup_id current_task_under_cgroup
    task_storage_get task_storage_delete
    get_stackid get_stack get_task_stack
    perf_event_read perf_event_read_value perf_prog_read_value perf_event_output read_branch_records
    ringbuf_output ringbuf_reserve ringbuf_submit ringbuf_discard ringbuf_query
    get_func_ip get_attach_cookie get_func_arg get_func_ret get_func_arg_cnt
    per_cpu_ptr this_cpu_ptr tail_call spin_lock spin_unlock loop strncmp strtol strtoul snprintf
    """
    .split(whereSeparator: \.isWhitespace).compactMap { HelperNames.number(String($0)) })

  /// Why a program of this section may not be loaded, or nil.
  static func objection(toSection section: String) -> String? {
    let name = section.hasPrefix("?") ? section.dropFirst() : Substring(section)
    let kind = String(name.prefix { $0 != "/" && $0 != "." })
    guard !kinds.contains(kind) else { return nil }
    return "section '\(section)': probes may only observe, and a program of kind '\(kind)' is no "
      + "observer; use one of \(kinds.sorted().joined(separator: ", "))"
  }

  /// Why a program may not call a helper, or nil.
  static func objection(toHelper number: Int32) -> String? {
    guard !helpers.contains(number) else { return nil }
    return "it calls \(HelperNames.name(number)), but probes may only call helpers that observe"
  }

  /// One call in a section of instructions.
  enum Call: Equatable {
    case helper(Int32)
    /// A function of the kernel, by its BTF.
    case kernelFunction
    /// To an address that is not known before it runs.
    case indirect
  }

  /// All calls in a section, with the offset of each, in bytes; calls inside the object are left
  /// out.
  ///
  /// Instructions have 8 bytes, see Documentation/bpf/standardization/instruction-set.rst: opcode,
  /// two registers (source in the high half), a 16-bit offset, a 32-bit number.
  static func calls(in code: ArraySlice<UInt8>) -> [(offset: Int, call: Call)] {
    var found: [(offset: Int, call: Call)] = []
    var at = code.startIndex
    while at + 8 <= code.endIndex {
      let offset = at - code.startIndex
      let opcode = code[at]
      switch (opcode, code[at + 1] >> 4) {
      case (0x85, 0):
        let number = (4..<8).reversed().reduce(0 as UInt32) { $0 << 8 | UInt32(code[at + $1]) }
        found.append((offset, .helper(Int32(bitPattern: number))))
      case (0x85, 2): found.append((offset, .kernelFunction))
      case (0x8d, _): found.append((offset, .indirect))
      default: break
      }
      // A 64-bit constant takes two places, and the second is no instruction.
      at += opcode == 0x18 ? 16 : 8
    }
    return found
  }
}
