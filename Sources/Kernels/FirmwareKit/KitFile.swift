/// A file of a firmware kit.
package struct KitFile: Sendable, Equatable {
  /// Below the kit's directory; what begins with ``KitFile/root`` goes to the same place of the
  /// firmware's root file system.
  package var path: String
  package var content: [UInt8]
  /// Permission bits.
  package var mode: UInt32

  /// Directory of what is copied onto the firmware as it is.
  package static let root = "root/"

  package init(path: String, content: [UInt8], mode: UInt32 = 0o644) {
    self.path = path
    self.content = content
    self.mode = mode
  }

  package init(path: String, text: String, mode: UInt32 = 0o644) {
    self.init(path: path, content: Array(text.utf8), mode: mode)
  }

  /// Place on the firmware, without a leading slash; nil for what stays with the kit.
  package var firmwarePath: String? {
    path.hasPrefix(Self.root) ? String(path.dropFirst(Self.root.count)) : nil
  }
}
