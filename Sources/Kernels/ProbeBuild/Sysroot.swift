import DebianRoots

/// Headers and static libraries of one ABI.
package struct Sysroot: Sendable {
  /// Gives the sysroot of an ABI, made if it is not there yet.
  typealias Provider =
    @Sendable (TargetABI, @Sendable (String) -> Void) async throws -> Sysroot

  let path: String
  /// Changes when the root was extracted anew and may have other package versions.
  let identity: String

  init(path: String) {
    self.path = path
    // Not the modification time: an extracted root has that of its packages.
    self.identity = FileStamp(path: path)?.changed ?? ""
  }

  /// Debian bookworm: its static libelf links without further libraries, later ones' does not.
  static let debian: Provider = { abi, progress in
    Sysroot(path: try await root(abi).extract(progress: progress))
  }

  private static func root(_ abi: TargetABI) -> DebianRoot {
    DebianRoot(
      name: "sysroot-\(abi.debianArchitecture.rawValue)",
      packages: [
        "libbpf-dev", "libelf-dev", "zlib1g-dev", "libzstd-dev", "libc6-dev", "libgcc-12-dev",
        "linux-libc-dev", "libsodium-dev", "libmbedtls-dev",
      ],
      architecture: abi.debianArchitecture, suites: ["bookworm"])
  }

  /// Whether an ABI's root is there already.
  package static func isCached(_ abi: TargetABI) -> Bool { root(abi).isCached }

  /// Why an ABI's root could not be made now; nil when its packages can be had.
  package static func problem(of abi: TargetABI) async -> String? {
    await root(abi).problem()
  }

  /// Only this root's headers, none of the host's.
  func includes(_ abi: TargetABI) -> [String] {
    [
      "-nostdlibinc", "-isystem", "\(path)/usr/include/\(abi.debianArchitecture.multiarch)",
      "-isystem", "\(path)/usr/include",
    ]
  }
}
