/// What `targets/devices/<name>.yaml` says of a device, or a family of devices.
package struct DeviceDefinition: Sendable, Equatable {
  /// Who latgate may be on the device.
  package enum Privilege: String, Sendable, CaseIterable {
    /// The shell is root already.
    case root
    /// Commands go through `su`.
    case su
    /// An unprivileged shell, as on a user build.
    case shell
  }

  /// Where the kernel's BTF comes from.
  package enum BTFSource: Sendable, Equatable {
    /// `/sys/kernel/btf/vmlinux` of the device.
    case device
    /// A file made from the build's vmlinux, on the host.
    case file(String)
  }

  /// How the device is reached, with what only that way has.
  package enum Kind: Sendable, Equatable {
    /// A QEMU machine.
    case virtual
    /// A device behind adb; nil serial = the only one.
    case adb(serial: String?)
    /// The machine latgate runs on.
    case local
  }

  /// Conditions under which an iteration counts; nil = not watched.
  package struct Stability: Sendable, Equatable {
    /// Of the hottest thermal zone, when an iteration starts or ends.
    package var temperatureMax: Temperature?
    package var batteryMin: Percentage?
    /// Share of time that some task was stalled for memory (PSI avg10).
    package var memoryPressureMax: Percentage?
    /// Whether CPUs may come and go during an iteration.
    package var allowsHotplug: Bool
  }

  /// Commands run on the host to change firmware; `{firmware}` and `{serial}` are filled in.
  package struct Hooks: Sendable, Equatable {
    /// Installs a firmware.
    package var flash: String?
    /// Selects an installed firmware for the next boot.
    package var switchTo: String?
    /// Restarts the device; without it the transport's own way is used.
    package var reboot: String?
    /// Exits 0 once the device is up; tried until it does.
    package var ready: String?
    /// Longest time for each of them.
    package var timeout: Duration
  }

  package var name: String
  package var description: String
  package var kind: Kind
  package var privilege: Privilege
  package var btf: BTFSource
  package var stability: Stability
  /// Nil for virtual devices.
  package var hooks: Hooks?
  /// Never empty for a virtual device.
  package var firmwares: [String: FirmwareDefinition]
  /// Path of the file it was read from.
  package var file: String
}

/// A firmware as a device file knows it.
package enum FirmwareDefinition: Sendable, Equatable {
  /// What `{firmware}` in a hook becomes: a build id, or a path.
  case image(String)
  case virtual(VirtualFirmware)
}

/// A firmware of a virtual device: a kernel and the machine around it.
package struct VirtualFirmware: Sendable, Equatable {
  /// One disk of the virtual machine.
  package struct Disk: Sendable, Equatable {
    package var size: ByteSize
    /// Operations per second at most; nil = not limited.
    package var iops: Int?
    /// Bytes per second at most; nil = not limited.
    package var bandwidth: ByteSize?
    /// I/O scheduler, such as `none` or `mq-deadline`; nil = the kernel's choice.
    package var scheduler: String?
  }

  /// Kernel series, such as `6.1`.
  package var kernel: String
  /// Added to the kernel's command line.
  package var commandLine: String
  /// Virtual CPUs, 1-8.
  package var cpus: Int
  package var memory: ByteSize
  /// By file system: `ext4` and `f2fs`.
  package var disks: [String: Disk]
}

extension DeviceDefinition {
  /// What `{firmware}` stands for in hooks: a listed firmware's image, else the name itself.
  package func image(ofFirmware name: String) -> String {
    if case .image(let image) = firmwares[name] { return image }
    return name
  }

  /// The hook's command with its placeholders filled in, each quoted for a POSIX shell.
  package func command(hook: String, firmware: String, serial: String) -> String {
    func quoted(_ text: String) -> String {
      "'" + text.replacing("'", with: "'\\''") + "'"
    }
    return hook.replacing("{serial}", with: quoted(serial))
      .replacing("{firmware}", with: quoted(image(ofFirmware: firmware)))
  }
}
