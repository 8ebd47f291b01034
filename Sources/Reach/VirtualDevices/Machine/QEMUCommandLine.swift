/// QEMU's arguments for one boot. Relative paths are inside the run directory, QEMU's first
/// working directory: names that a user chose never meet QEMU's own comma syntax.
struct QEMUCommandLine: Sendable {
  let firmware: VirtualFirmware
  /// Value of the device's fingerprint, without spaces.
  let firmwareID: String
  let kernelPath: String
  let initramfsPath: String
  let name: String
  /// Port on the host's loopback that leads to adbd.
  let port: UInt16

  static let serialLog = "serial.log"
  static let monitorSocket = "qmp"
  static let processFile = "qemu.pid"

  /// Without the program's own name.
  var arguments: [String] {
    ["-name", "latgate-\(name)", "-nodefaults", "-no-user-config", "-display", "none"]
      + ["-M", "virt", "-cpu", MachineModel(firmware.kernel.architecture).cpu]
      + timing
      + ["-smp", "\(firmware.cpus)", "-m", "\(firmware.memoryMiB)"]
      + ["-kernel", kernelPath, "-initrd", initramfsPath, "-append", kernelCommandLine]
      + ["-serial", "file:\(Self.serialLog)"]
      + ["-qmp", "unix:\(Self.monitorSocket),server=on,wait=off"]
      + ["-netdev", "user,id=net0,hostfwd=tcp:127.0.0.1:\(port)-10.0.2.15:5555"]
      + ["-device", "virtio-net-device,netdev=net0"]
      + disk("data", file: VirtualImage.dataDiskName, limits: firmware.data)
      + disk("f2fs", file: VirtualImage.f2fsDiskName, limits: firmware.f2fs)
      + ["-daemonize", "-pidfile", Self.processFile]
  }

  private var timing: [String] {
    switch firmware.timing {
    case .counted:
      // Never sleep=off: virtual time would leap over the throttled disks' waits.
      ["-accel", "tcg,thread=single", "-icount", "shift=1,sleep=on"]
    case .hostClock:
      ["-accel", "tcg,thread=multi"]
    }
  }

  /// cache=unsafe drops flushes: fsync then costs what the limits say and not what the host's
  /// disk and its other users happen to need. The disks do not outlive the boot.
  private func disk(_ id: String, file: String, limits: DiskLimits) -> [String] {
    [
      "-drive", "if=none,id=\(id),file=\(file),format=raw,cache=unsafe\(limits.driveOptions)",
      "-device", "virtio-blk-device,drive=\(id),serial=\(id)",
    ]
  }

  private var kernelCommandLine: String {
    var words = ["console=ttyAMA0", "loglevel=4", "rdinit=/init"]
    words.append("latgate.privilege=\(firmware.privilege.rawValue)")
    words.append("latgate.firmware=\(firmwareID)")
    if let scheduler = firmware.scheduler {
      words.append("latgate.scheduler=\(scheduler.rawValue)")
    }
    words += MemoryKept(memoryMiB: firmware.memoryMiB).words
    words += firmware.commandLine.split(separator: " ").map(String.init)
    return words.joined(separator: " ")
  }
}
