/// What `targets/devices/<name>.yaml` says of a device, or a family of devices.
package struct DeviceDefinition: Sendable, Equatable {
  /// Who latgate may be on the device.
  package enum Privilege: String, Sendable, CaseIterable {
    /// Root where there is a way to it, else the shell's user.
    case auto
    /// The shell is root already.
    case root
    /// Root is needed; commands go through `su` or `sudo` where the shell is not root.
    case su
    /// An unprivileged shell, as on a user build.
    case shell
  }

  /// Where the kernel's BTF comes from.
  package enum BTFSource: Sendable, Equatable {
    /// `/sys/kernel/btf/vmlinux` of the device.
    case device
    /// A file of the build on the host: BTF, or a vmlinux. A relative path counts from the device
    /// file's directory; `{firmware}` in it stands for the firmware's name. The build-id ties bare
    /// BTF, which carries none, to its kernel; nil = the file or its `.build-id` has it.
    case file(path: String, buildID: String?)
  }

  /// How the device is reached, with what only that way has.
  package enum Kind: Sendable, Equatable {
    /// A QEMU machine.
    case virtual
    /// A device behind adb; nil serial = the only one.
    case adb(serial: String?)
    /// The machine latgate runs on.
    case local
    /// A board behind ssh.
    case ssh(SSHPlace)
  }

  /// Where a board is, and what the system's `ssh` is given beside its own configuration.
  package struct SSHPlace: Sendable, Equatable {
    /// `[user@]host[:port]`.
    package var address: String
    /// Path of a private key that is tried alone.
    package var identity: String?
    /// Path of a configuration in place of the user's.
    package var configuration: String?
  }

  /// Conditions under which an iteration counts; nil = not watched.
  package struct Stability: Sendable, Equatable {
    /// Of the hottest thermal zone, when an iteration starts or ends.
    package var temperatureMax: Temperature?
    /// In which an iteration starts, of the hottest zone.
    package var temperatureBand: TemperatureBand?
    package var batteryMin: Percentage?
    /// Whether the battery may be charged.
    package var allowsCharging: Bool
    /// Share of an iteration's time in which some task was stalled for memory.
    package var memoryPressureMax: Percentage?
    package var memoryAvailableMin: ByteSize?
    /// Whether CPUs may come and go during an iteration.
    package var allowsHotplug: Bool
    /// Whether iterations are dropped in which a cooling device, or a limit of a CPU's frequency
    /// or capacity, is not as it was when the run began.
    package var dropsThrottled: Bool
    /// Of the hardware's highest frequency: a lower limit drops the iteration.
    package var frequencyLimitMin: Percentage?
    /// Largest change of a CPU's speed from an iteration's start to its end.
    package var speedChangeMax: Percentage?

    package init(
      temperatureMax: Temperature? = nil, temperatureBand: TemperatureBand? = nil,
      batteryMin: Percentage? = nil, allowsCharging: Bool = true,
      memoryPressureMax: Percentage? = nil, memoryAvailableMin: ByteSize? = nil,
      allowsHotplug: Bool = false, dropsThrottled: Bool = true,
      frequencyLimitMin: Percentage? = nil, speedChangeMax: Percentage? = nil
    ) {
      self.temperatureMax = temperatureMax
      self.temperatureBand = temperatureBand
      self.batteryMin = batteryMin
      self.allowsCharging = allowsCharging
      self.memoryPressureMax = memoryPressureMax
      self.memoryAvailableMin = memoryAvailableMin
      self.allowsHotplug = allowsHotplug
      self.dropsThrottled = dropsThrottled
      self.frequencyLimitMin = frequencyLimitMin
      self.speedChangeMax = speedChangeMax
    }
  }

  /// Bounds that may each be left out.
  package struct TemperatureBand: Sendable, Equatable {
    package var coolest: Temperature?
    package var hottest: Temperature?

    package init(coolest: Temperature?, hottest: Temperature?) {
      self.coolest = coolest
      self.hottest = hottest
    }
  }

  package var name: String
  package var description: String
  package var kind: Kind
  package var privilege: Privilege
  package var btf: BTFSource
  package var stability: Stability
  /// Nil for virtual devices.
  package var commands: HostCommands?
  /// A command for the device's shell that prints which build it runs; nil = the identity that
  /// every device reports suffices.
  package var buildID: String?
  /// Nil = not given.
  package var costs: DeviceCosts?
  /// How long a device that was lost in the middle of a run is waited for; zero = not at all.
  package var reconnect: Duration
  /// What jobs that want the device agree on, where its own identity does not suffice.
  package var lease: String?
  /// Never empty for a virtual device.
  package var firmwares: [String: FirmwareDefinition]
  /// Path of the file it was read from.
  package var file: String
}

/// A firmware as a device file knows it.
package enum FirmwareDefinition: Sendable, Equatable {
  /// What `{firmware}` in a command becomes: a build id, or a path; and what a device that runs it
  /// shows as one of its marks, where the file says so.
  case image(String, expect: String? = nil)
  case virtual(VirtualFirmwareDefinition)
}

/// A firmware of a virtual device: a kernel and the machine around it.
package struct VirtualFirmwareDefinition: Sendable, Equatable {
  /// What one disk can do at most; nil = not limited.
  package struct DiskLimit: Sendable, Equatable {
    /// Reads and writes per second.
    package var iops: Int?
    /// Per second.
    package var bandwidth: ByteSize?
  }

  /// The I/O scheduler of both disks.
  package enum Scheduler: String, Sendable, CaseIterable {
    case none, kyber, bfq
    case mqDeadline = "mq-deadline"
  }

  /// How time passes inside the machine.
  package enum Timing: String, Sendable, CaseIterable {
    /// By executed instructions: repeats to the percent.
    case counted
    /// By the host's clock: faster, and useless for scheduling latency.
    case hostClock = "host-clock"
  }

  /// The kernels that virtual devices can run, by their Debian series.
  package static let kernels = ["5.10", "5.10-armmp", "6.1", "6.1-rt", "6.12", "unstable"]

  /// One of ``kernels``; empty only in a file that was refused.
  package var kernel: String
  /// Added to the kernel's command line.
  package var commandLine = ""
  /// Virtual CPUs, 1-8.
  package var cpus = 2
  /// 256 MiB to 8 GiB, whole MiB.
  package var memory = ByteSize(bytes: 1 << 30)
  /// The ext4 disk at `/data`.
  package var ext4 = DiskLimit()
  /// The f2fs disk at `/mnt/f2fs`.
  package var f2fs = DiskLimit()
  /// Nil = the kernel's choice.
  package var scheduler: Scheduler?
  package var timing = Timing.counted
  /// Share of all CPUs' time that the processes get, by the scheduler's bandwidth control; nil =
  /// not limited.
  package var cpuQuota: Percentage?
  /// Probes that the firmware pins at boot, as one with the firmware kit does.
  package var kit: [String] = []
  /// Whether perfetto and its services are part of the firmware, as on Android.
  package var perfetto = false
  /// Lines for the device's shell, which root runs at boot before adbd starts; nil = none.
  package var atBoot: String?
}

extension DeviceDefinition {
  /// ``btf`` with its path counted from the device file's directory.
  package var placedBTF: BTFSource {
    guard case .file(let path, let buildID) = btf, !path.hasPrefix("/"),
      let slash = file.lastIndex(of: "/")
    else { return btf }
    return .file(path: "\(file[..<slash])/\(path)", buildID: buildID)
  }

  /// What `{firmware}` stands for in commands: a listed firmware's image, else the name itself.
  package func image(ofFirmware name: String) -> String {
    if case .image(let image, _) = firmwares[name] { return image }
    return name
  }

  /// What a device that runs the firmware is expected to show; nil where the file does not say.
  package func expectation(ofFirmware name: String) -> String? {
    if case .image(_, let expect) = firmwares[name] { return expect }
    return nil
  }
}
