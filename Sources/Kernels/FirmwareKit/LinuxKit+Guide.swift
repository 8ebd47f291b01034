extension LinuxKit {
  /// What an integrator has to do and to check.
  var guide: String {
    """
    # latgate probes in this firmware (embedded Linux)

    Probes: \(probes.map(\.name).joined(separator: ", ")). ABI: \(abi.rawValue). \
    Group that may measure: \(group).

    1. Copy `root/` onto the root file system.
    2. Start `S20latgate start` (busybox, sysv) or enable `latgate-pins.service` (systemd), after
       the modules that the probes watch. It needs root, or CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN.
    3. Reboot; as a member of the group: `/\(Self.directory)/latgate-agent pins` lists the probes.
    4. From the host: `latgate run … --tier T1`.

    ## What happens

    The loader loads each object by the best rung that this kernel has and pins programs, maps and
    a manifest in `/sys/fs/bpf/latgate/<probe>/` (directory 0750, maps 0660, programs 0440, owner
    root, group \(group)), and makes `/sys/fs/bpf` passable (o+x). The programs are attached to
    nothing: until an agent comes they cost memory only. One agent at a time; its attachments end
    with it.

    ## What the agent needs (tried)

    \(LinuxKit.rights)

    ## Check

    - `latgate firmware-kit --lint` on this directory, in your build.
    - `bpftool prog show pinned /sys/fs/bpf/latgate/…` names what is in `allow-list.tsv`, no more.
    - With no agent running, `bpftool link show` and `bpftool perf show` name none of them.
    - A member of the group can change the probes' maps and attach the probes, and only these.
    - After a kernel update a rung may be lost: the loader then says so on its standard error, and
      the run's record as `probe lost`.

    """
  }

  /// Tried on arm64 5.10, 6.1 and 6.12 as uid 2000 with NO_NEW_PRIVS.
  static let rights = """
    | step | 6.1 and 6.12 | 5.10 |
    |---|---|---|
    | open pins, change maps | group | group, and `kernel.unprivileged_bpf_disabled` 0 or CAP_BPF |
    | attach tp_btf, raw_tp | nothing more | nothing more |
    | attach tracepoint, kprobe | CAP_PERFMON | CAP_PERFMON |
    | count the programs' own cost (bpf_stats) | CAP_SYS_ADMIN | CAP_SYS_ADMIN |

    Kernels before 5.19 refuse the whole of bpf() to processes without CAP_BPF unless the sysctl is
    0. `latgate-agent pin --unprivileged-bpf` sets it to 0 on such kernels alone, and only if it is
    2; this also lets any process load socket filters, so it is for you to choose. Debian's
    `kernel.perf_event_paranoid` of 3 refuses tracepoints and kprobes even with CAP_PERFMON; 2 does
    not. Without CAP_SYS_ADMIN the overhead gate goes by the workload's slowdown alone.
    """
}
