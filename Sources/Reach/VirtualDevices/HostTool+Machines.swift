import DebianRoots
import HostTools

extension HostTool {
  static let depmod = HostTool(name: "depmod", package: "kmod")
  static let makeExt4 = HostTool(name: "mkfs.ext4", package: "e2fsprogs")
  static let makeF2FS = HostTool(name: "mkfs.f2fs", package: "f2fs-tools")
  static let copy = HostTool(name: "cp", package: "coreutils")

  /// The emulator of an architecture.
  static func qemu(_ architecture: DebianArchitecture) -> HostTool {
    HostTool(
      name: "qemu-system-\(MachineModel(architecture).emulator)", package: "qemu-system-arm")
  }
}
