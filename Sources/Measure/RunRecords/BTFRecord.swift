/// The types of the kernel, where they came from a file and not from the device.
package struct BTFRecord: Codable, Sendable, Equatable {
  /// Name of the file, without its directory.
  package var file: String
  /// SHA-256 of what was shipped to the device, hex.
  package var hash: String
  /// Hex of the build-id that the file is known to belong to; nil when it is not known.
  package var buildID: String?
  /// Whether the file's and the device's build-id were both known, and equal. Types of another
  /// build give wrong numbers without any error.
  package var isProven: Bool

  package init(file: String, hash: String, buildID: String?, isProven: Bool) {
    self.file = file
    self.hash = hash
    self.buildID = buildID
    self.isProven = isProven
  }
}
