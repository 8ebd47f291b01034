import HostTools
import Testing

@testable import VirtualDevices

@Suite("QEMU's command line")
struct QEMUCommandLineTests {
  private func arguments(_ firmware: VirtualFirmware) -> [String] {
    QEMUCommandLine(
      firmware: firmware, firmwareID: "virtual-6.1-0123456789ab", kernelPath: "/c, d/kernel",
      initramfsPath: "/c, d/initramfs.cpio.zst", name: "bench-1", port: 17001
    ).arguments
  }

  @Test func standardFirmware() {
    #expect(
      arguments(VirtualFirmware()) == [
        "-name", "latgate-bench-1", "-nodefaults", "-no-user-config", "-display", "none",
        "-M", "virt", "-cpu", "max,pauth-impdef=on",
        "-accel", "tcg,thread=single", "-icount", "shift=1,sleep=on",
        "-smp", "2", "-m", "1024",
        "-kernel", "/c, d/kernel", "-initrd", "/c, d/initramfs.cpio.zst",
        "-append",
        "console=ttyAMA0 loglevel=4 rdinit=/init latgate.privilege=root "
          + "latgate.firmware=virtual-6.1-0123456789ab "
          + "mem=1022M ramoops.mem_address=0x7fe00000 ramoops.mem_size=0x200000 "
          + "ramoops.record_size=0x40000 ramoops.console_size=0",
        "-serial", "file:serial.log",
        "-qmp", "unix:qmp,server=on,wait=off",
        "-netdev", "user,id=net0,hostfwd=tcp:127.0.0.1:17001-10.0.2.15:5555",
        "-device", "virtio-net-device,netdev=net0",
        "-drive", "if=none,id=data,file=data.raw,format=raw,cache=unsafe",
        "-device", "virtio-blk-device,drive=data,serial=data",
        "-drive", "if=none,id=f2fs,file=f2fs.raw,format=raw,cache=unsafe",
        "-device", "virtio-blk-device,drive=f2fs,serial=f2fs",
        "-daemonize", "-pidfile", "qemu.pid",
      ])
  }

  @Test func everySettingChangesItsOwnArgument() {
    let standard = arguments(VirtualFirmware())
    let changed = arguments(
      VirtualFirmware(
        kernel: .v5_10, commandLine: " slub_debug=FZPU  maxcpus=1 ", cpus: 4, memoryMiB: 512,
        data: DiskLimits(iops: 200), f2fs: DiskLimits(iops: 7, bytesPerSecond: 1_048_576),
        scheduler: .mqDeadline, privilege: .shell))
    let differences = zip(standard, changed).filter { $0 != $1 }.map(\.1)
    #expect(
      differences == [
        "4", "512",
        "console=ttyAMA0 loglevel=4 rdinit=/init latgate.privilege=shell "
          + "latgate.firmware=virtual-6.1-0123456789ab latgate.scheduler=mq-deadline "
          + "mem=510M ramoops.mem_address=0x5fe00000 ramoops.mem_size=0x200000 "
          + "ramoops.record_size=0x40000 ramoops.console_size=0 slub_debug=FZPU maxcpus=1",
        "if=none,id=data,file=data.raw,format=raw,cache=unsafe,throttling.iops-total=200",
        "if=none,id=f2fs,file=f2fs.raw,format=raw,cache=unsafe,throttling.iops-total=7,"
          + "throttling.bps-total=1048576",
      ])
    #expect(standard.count == changed.count)
  }

  @Test func a32BitKernelGetsA32BitCPU() {
    let arguments = arguments(VirtualFirmware(kernel: .v5_10armmp, cpus: 1))
    #expect(arguments.contains("cortex-a15"))
    #expect(HostTool.qemu(.armhf).name == "qemu-system-arm")
    #expect(HostTool.qemu(.arm64).name == "qemu-system-aarch64")
  }

  @Test func hostClockRunsOneThreadPerCPU() {
    let arguments = arguments(VirtualFirmware(timing: .hostClock))
    #expect(arguments.contains("tcg,thread=multi"))
    #expect(!arguments.contains("-icount"))
  }
}
