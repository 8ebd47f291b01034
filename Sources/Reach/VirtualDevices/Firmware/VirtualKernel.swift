import DebianRoots

/// The Debian kernels that a virtual device can run.
///
/// All have kprobes, a BPF JIT, f2fs, ext4 and the binder module; those of arm64 have BTF.
package enum VirtualKernel: String, Sendable, Hashable, Codable, CaseIterable {
  /// bullseye's last kernel in the main archive. That suite is frozen, so the build is too.
  case v5_10 = "5.10"
  /// bookworm's kernel.
  case v6_1 = "6.1"
  /// bookworm's kernel with PREEMPT_RT: the preemptible one of the matrix.
  case v6_1rt = "6.1-rt"
  /// The kernel of bookworm-backports.
  case v6_12 = "6.12"
  /// Debian unstable's kernel of the day on which its image was made: the newest of the matrix.
  case unstable
  /// The 32-bit kernel of the frozen suite, for ARMv7 with large addresses. It has no BTF.
  case v5_10armmp = "5.10-armmp"

  package var architecture: DebianArchitecture {
    switch self {
    case .v5_10, .v6_1, .v6_1rt, .v6_12, .unstable: .arm64
    case .v5_10armmp: .armhf
    }
  }

  /// Whether the kernel shows its types itself, at `/sys/kernel/btf/vmlinux`.
  package var hasBTF: Bool { architecture == .arm64 }

  /// The package in apt-get's spelling.
  var package: String {
    switch self {
    case .v5_10: "linux-image-5.10.0-32-arm64"
    case .v6_1, .unstable: "linux-image-arm64"
    case .v6_1rt: "linux-image-rt-arm64"
    case .v6_12: "linux-image-arm64/bookworm-backports"
    case .v5_10armmp: "linux-image-5.10.0-32-armmp-lpae"
    }
  }

  /// The package with the kernel's debug information, some 570 MB, of a kernel without BTF.
  var debugRoot: DebianRoot {
    DebianRoot(
      name: "virtual-debug-\(fileName)", packages: ["\(package)-dbg"],
      architecture: architecture, suites: suites)
  }

  /// The suites to take the package from, base suite first.
  var suites: [String] {
    switch self {
    case .v5_10, .v5_10armmp: ["bullseye"]
    case .v6_1, .v6_1rt: ["bookworm"]
    case .v6_12: ["bookworm", "bookworm-backports"]
    case .unstable: ["sid"]
    }
  }

  /// The kernel's name in file names: letters, digits and `-` only.
  var fileName: String { rawValue.replacing(".", with: "-") }
}
