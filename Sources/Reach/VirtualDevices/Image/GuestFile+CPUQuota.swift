extension GuestFile {
  /// Period of the scheduler's bandwidth control, microseconds: short beside any phase of a
  /// workload, long beside the kernel's tick of 4 ms.
  private static let quotaPeriod = 20_000

  /// A boot service that puts all processes, but no kernel thread, into a control group which
  /// gets a share of all CPUs' time and no more (`cpu.max`, Documentation/admin-guide/cgroup-v2).
  /// - Parameters:
  ///   - share: above 0 up to 1, of all CPUs together.
  ///   - cpus: how many the firmware has.
  /// - Returns: the service, which starts before adbd.
  package static func cpuQuota(share: Double, cpus: Int) -> GuestFile {
    let quota = Int((share * Double(cpus * quotaPeriod)).rounded())
    let script = """
      #!/bin/busybox sh
      mkdir -p /sys/fs/cgroup
      mount -t cgroup2 cgroup2 /sys/fs/cgroup
      cd /sys/fs/cgroup || exit 1
      echo +cpu >cgroup.subtree_control
      mkdir limited
      echo '\(quota) \(quotaPeriod)' >limited/cpu.max || echo 'latgate: no CPU quota'
      # The first process: what it starts from here on is inside.
      echo 1 >limited/cgroup.procs

      """
    return GuestFile(path: "etc/init.d/S05cpu-quota", content: Array(script.utf8), mode: 0o755)
  }
}
