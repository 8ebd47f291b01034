/// One "firmware" of a virtual device: everything that may differ between two builds under test.
///
/// The root file system is always the same. Keys missing in a file get the default values of
/// ``init(kernel:commandLine:cpus:memoryMiB:data:f2fs:scheduler:privilege:timing:)``.
package struct VirtualFirmware: Sendable, Hashable, Codable {
  package var kernel: VirtualKernel
  /// More words for the kernel's command line, such as `slub_debug=FZPU`, `init_on_alloc=1`,
  /// `nosmp` or `maxcpus=1`.
  package var commandLine: String
  /// Virtual CPUs, 1 to 8.
  package var cpus: Int
  /// Memory in MiB, 256 to 8192.
  package var memoryMiB: Int
  /// Limits of the ext4 disk at `/data`.
  package var data: DiskLimits
  /// Limits of the f2fs disk at `/mnt/f2fs`.
  package var f2fs: DiskLimits
  /// I/O scheduler of both disks; nil leaves the kernel's choice.
  package var scheduler: DiskScheduler?
  package var privilege: VirtualPrivilege
  package var timing: VirtualTiming
  /// Digest of files that the firmware has beyond the image, set by the boot; nil = none.
  package var addition: String?

  enum CodingKeys: String, CodingKey {
    case kernel, commandLine, cpus, memoryMiB, data, f2fs, scheduler, privilege, timing
    case addition
  }

  package init(
    kernel: VirtualKernel = .v6_1, commandLine: String = "", cpus: Int = 2, memoryMiB: Int = 1024,
    data: DiskLimits = .unlimited, f2fs: DiskLimits = .unlimited, scheduler: DiskScheduler? = nil,
    privilege: VirtualPrivilege = .root, timing: VirtualTiming = .counted
  ) {
    self.kernel = kernel
    self.commandLine = commandLine
    self.cpus = cpus
    self.memoryMiB = memoryMiB
    self.data = data
    self.f2fs = f2fs
    self.scheduler = scheduler
    self.privilege = privilege
    self.timing = timing
  }
}

/// I/O schedulers that the images carry.
package enum DiskScheduler: String, Sendable, Hashable, Codable, CaseIterable {
  case none
  case mqDeadline = "mq-deadline"
  case kyber
  case bfq
}

/// Who adbd is inside the device.
package enum VirtualPrivilege: String, Sendable, Hashable, Codable, CaseIterable {
  /// As on an engineering build: uid 0, BPF allowed.
  case root
  /// As on a user build: uid 2000 without capabilities or BPF, ftrace events as Android allows.
  case shell
}

/// How time passes inside the device.
package enum VirtualTiming: String, Sendable, Hashable, Codable, CaseIterable {
  /// By executed instructions (2 ns each), one host thread: repeats to the percent.
  case counted
  /// By the host's clock, one host thread per CPU: faster, and useless for run queue latency.
  case hostClock = "host-clock"
}
