import DebianRoots

/// Everything that decides what an image contains; two equal recipes make the same image.
struct ImageRecipe: Sendable, Equatable {
  /// Raised when the way an image is put together changes without a trace in the fields below.
  static let version = 1

  let kernel: VirtualKernel

  /// The root with the kernel and its modules.
  var kernelRoot: DebianRoot {
    DebianRoot(
      name: "virtual-kernel-\(kernel.fileName)", packages: [kernel.package],
      architecture: kernel.architecture, suites: kernel.suites)
  }

  /// The root with the device's programs.
  ///
  /// The Android libraries are named because those of bookworm itself are too old for this adbd.
  var userland: DebianRoot {
    DebianRoot(
      name: "virtual-userland",
      packages: [
        "adbd/bookworm-backports", "android-libbase/bookworm-backports",
        "android-libboringssl/bookworm-backports", "android-libcutils/bookworm-backports",
        "android-liblog/bookworm-backports", "toybox", "mksh", "busybox-static",
      ],
      architecture: kernel.architecture, suites: ["bookworm", "bookworm-backports"])
  }

  /// Modules that every boot loads, with what they need and the options after the name.
  ///
  /// The checksums are soft dependencies of the file systems, which `modules.dep` does not list.
  static let loadedModules = [
    "virtio_mmio", "virtio_net", "virtio_blk", "crc32c_generic", "crc32_generic", "ext4", "f2fs",
    "binder_linux devices=binder,hwbinder,vndbinder",
  ]

  /// Modules that `modprobe` finds inside the device.
  static let availableModules = [
    "kyber-iosched", "bfq", "null_blk", "zram", "loop", "sch_netem", "dummy_hcd", "libcomposite",
    "usb_f_fs", "ramoops", "i2c-stub", "i2c-dev", "scsi_debug", "vivid", "snd-dummy", "snd-aloop",
  ]

  /// Size of each disk in MiB.
  static let diskMiB = 512

  /// Name of the image's directory in the cache.
  var key: String {
    let layout = RootLayout(kernel: kernel)
    var fixed = CpioArchive()
    layout.addFixedParts(to: &fixed, release: "")
    let parts =
      ["\(Self.version)", kernelRoot.key, userland.key, "\(Self.diskMiB)"]
      + Self.loadedModules + Self.availableModules + layout.copied + layout.left
    let digest = Digest.hex(of: Array(parts.joined(separator: "\n").utf8) + fixed.bytes)
    return "\(kernel.fileName)-\(digest.prefix(16))"
  }
}
