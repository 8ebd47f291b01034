import KernelTypes

/// The types of one kernel build, and the id that ties them to it.
package struct KernelFile: Sendable {
  /// How the types came out of the file.
  package enum Origin: String, Sendable {
    /// The file is BTF.
    case btf
    /// Section `.BTF` of an ELF file.
    case vmlinux
    /// Made by pahole from the DWARF of an ELF file.
    case dwarf
    /// Found inside a kernel image.
    case image
  }

  /// The file as it was named.
  package let path: String
  package let origin: Origin
  package let types: BTFTypes
  /// Hex digits of the kernel's build-id; nil when it is not known.
  package let buildID: String?

  /// Refuses a kernel that the types are not of.
  ///
  /// - Parameters:
  ///   - deviceID: hex, as the device reports it; empty when it does not.
  ///   - device: its name, for the message.
  /// - Returns: whether both ids are known, and so identity is proven.
  /// - Throws: ``KernelBTFError/mismatch(path:fileID:device:deviceID:)``.
  package func isProven(
    against deviceID: String, of device: String
  ) throws(KernelBTFError) -> Bool {
    guard let buildID, !deviceID.isEmpty else { return false }
    guard buildID == deviceID.lowercased() else {
      throw .mismatch(path: path, fileID: buildID, device: device, deviceID: deviceID)
    }
    return true
  }
}
