import Foundation
import POSIXSupport

/// A file that a firmware has beyond the image.
package struct GuestFile: Sendable, Equatable {
  /// Place in the device's root, without a leading slash.
  package var path: String
  package var content: [UInt8]
  /// Permission bits.
  package var mode: UInt32

  package init(path: String, content: [UInt8], mode: UInt32) {
    self.path = path
    self.content = content
    self.mode = mode
  }
}

extension [GuestFile] {
  /// Equal for equal files, 16 hexadecimal digits; nil without any.
  var digest: String? {
    isEmpty ? nil : String(Digest.hex(of: archive).prefix(16))
  }

  /// Puts the files before an image's initramfs: the kernel unpacks one archive after the other.
  /// - Throws: `SystemCallError`, or what reading the image throws.
  func prepend(to initramfs: String, as path: String) throws {
    let image = try Data(contentsOf: URL(fileURLWithPath: initramfs))
    try AtomicFile.write(archive + image, to: path, durable: false)
  }

  private var archive: [UInt8] {
    var archive = CpioArchive()
    for file in sorted(by: { $0.path < $1.path }) {
      archive.addFile(file.path, file.content, mode: file.mode)
    }
    return archive.finished()
  }
}
