import DebianRoots

/// Debian's own adb and adbd 34.0.5, extracted: what ours is held against.
package enum PeerPackages {
  /// The directory with the extracted packages, from the cache after the first time.
  /// - Throws: what `DebianRoot` throws.
  package static func root() async throws -> String {
    try await DebianRoot.extract(
      name: "adb-peers",
      packages: [
        "adbd", "adb", "android-libbase", "android-libcutils", "android-liblog",
        "android-libboringssl", "android-libziparchive",
      ].map { "\($0)/bookworm-backports" },
      architecture: .amd64, suites: ["bookworm", "bookworm-backports"])
  }

  /// The directories of their shared libraries, for `LD_LIBRARY_PATH`.
  package static func libraries(root: String) -> String {
    ["", "/android"].map { "\(root)/usr/lib/x86_64-linux-gnu\($0)" }.joined(separator: ":")
  }

  /// The directory of their programs.
  package static func programs(root: String) -> String {
    "\(root)/usr/lib/android-sdk/platform-tools"
  }
}
