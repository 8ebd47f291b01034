/// Small files of the device's root.
enum GuestFiles {
  static let passwd = """
    root:x:0:0::/data:/system/bin/sh
    shell:x:2000:2000::/data:/system/bin/sh

    """

  /// Groups with Android's numbers; `shell` is in those that adbd keeps on a user build.
  static let group = """
    root:x:0:
    log:x:1007:shell
    adb:x:1011:shell
    sdcard_rw:x:1015:shell
    sdcard_r:x:1028:shell
    shell:x:2000:
    inet:x:3003:shell
    readproc:x:3009:shell
    uhid:x:3011:shell
    readtracefs:x:3012:shell

    """

  /// Properties that do not depend on the boot, one `key=value` per line.
  static func properties(kernel: VirtualKernel, release: String) -> String {
    let abi = MachineModel(kernel.architecture).abi
    return """
      ro.product.name=latgate_virtual
      ro.product.model=latgate virtual \(kernel.rawValue)
      ro.product.device=latgate_virtual
      ro.product.manufacturer=latgate
      ro.product.cpu.abi=\(abi)
      ro.product.cpu.abilist=\(abi)
      ro.hardware=virt
      ro.build.version.release=\(release)
      ro.build.id=\(release)
      ro.kernel.qemu=1
      sys.boot_completed=1

      """
  }
}
