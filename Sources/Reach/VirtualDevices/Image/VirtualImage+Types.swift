import Foundation
import POSIXSupport

/// Types of a kernel that carries none. They are kept by the kernel's build, outside the image:
/// images are made anew more often than kernels.
extension VirtualImage {
  /// Absolute path of the kernel's BTF; nil for a kernel that shows its types itself. The file
  /// is there after ``keepTypes(_:buildID:)``.
  package var typesPath: String? {
    facts.kernel.hasBTF ? nil : "\(cache)/btf/\(kernelBuild).btf"
  }

  /// Keeps the types of a kernel that carries none; those kept before are replaced.
  /// - Parameters:
  ///   - bytes: BTF of this very build.
  ///   - buildID: hex digits of the kernel's build-id, where it is known.
  /// - Returns: ``typesPath``.
  /// - Throws: ``VirtualDeviceError/invalidArgument(name:value:reason:)`` for a kernel with BTF,
  ///   `SystemCallError`.
  @discardableResult
  package func keepTypes(_ bytes: [UInt8], buildID: String?) throws -> String {
    guard let path = typesPath else {
      throw VirtualDeviceError.invalidArgument(
        name: "kernel", value: facts.kernel.rawValue, reason: "it carries its types itself")
    }
    try UserDirectories.makeDirectory("\(cache)/btf")
    let note = "\(path).build-id"
    if unlink(note) != 0, errno != ENOENT {
      throw SystemCallError(call: "unlink", code: errno, subject: note)
    }
    try AtomicFile.write(bytes, to: path)
    if let buildID { try AtomicFile.write(Array("\(buildID)\n".utf8), to: note) }
    return path
  }

  /// Fetches the kernel's debug information, hands its vmlinux to `body` and removes it again.
  ///
  /// - Parameters:
  ///   - progress: called with one line for people at a time.
  ///   - body: gets the absolute path of the vmlinux.
  /// - Returns: what `body` returns.
  /// - Throws: `DebianRootError`, ``VirtualDeviceError/missingFromPackage(file:root:)``, and what
  ///   `body` throws.
  package func withDebugInformation<T>(
    progress: @Sendable (String) -> Void, _ body: (String) async throws -> T
  ) async throws -> T {
    try await facts.kernel.debugRoot.once(progress: progress) { root in
      let file = "usr/lib/debug/boot/vmlinux-\(facts.kernelRelease)"
      guard FileManager.default.fileExists(atPath: "\(root)/\(file)") else {
        throw VirtualDeviceError.missingFromPackage(file: file, root: root)
      }
      return try await body("\(root)/\(file)")
    }
  }

  /// The directory that holds the images' directory.
  private var cache: String {
    URL(fileURLWithPath: directory).deletingLastPathComponent().deletingLastPathComponent().path
  }
}
