import Foundation
import Glibc

/// What QEMU boots: a kernel, its first root file system and two disks with empty file systems.
package struct VirtualImage: Sendable, Equatable {
  /// Absolute path of the image's directory in the cache.
  package let directory: String
  package let facts: Facts

  /// The kernel inside, kept as `image.json`.
  package struct Facts: Sendable, Equatable, Codable {
    package var kernel: VirtualKernel
    /// `uname -r`.
    package var kernelRelease: String
    /// SHA-256 of the kernel's file: two builds with one release name differ here.
    package var kernelDigest: String
  }

  /// Names the kernel build: release, then the start of its digest.
  package var kernelBuild: String { "\(facts.kernelRelease)-\(facts.kernelDigest.prefix(12))" }

  package var kernelPath: String { "\(directory)/\(Self.kernelName)" }
  package var initramfsPath: String { "\(directory)/\(Self.initramfsName)" }
  /// A raw ext4 disk, to be copied for every boot.
  var dataDiskPath: String { "\(directory)/\(Self.dataDiskName)" }
  /// A raw f2fs disk, to be copied for every boot.
  var f2fsDiskPath: String { "\(directory)/\(Self.f2fsDiskName)" }

  static let kernelName = "kernel"
  static let initramfsName = "initramfs.cpio.zst"
  /// In the run directory, of a firmware that has files of its own.
  static let extendedInitramfsName = "initramfs"
  static let dataDiskName = "data.raw"
  static let f2fsDiskName = "f2fs.raw"
  static let factsName = "image.json"

  /// Reads an image that is complete.
  /// - Throws: ``VirtualDeviceError/badState(path:reason:)``.
  init(directory: String) throws {
    let path = "\(directory)/\(Self.factsName)"
    do {
      self.facts = try JSONDecoder().decode(
        Facts.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw VirtualDeviceError.badState(path: path, reason: "\(error)")
    }
    // Who cleans the cache may have taken a part of it, and a power failure the contents.
    let parts = [Self.kernelName, Self.initramfsName, Self.dataDiskName, Self.f2fsDiskName]
    for part in parts.map({ "\(directory)/\($0)" })
    where !Self.hasContents(part) {
      throw VirtualDeviceError.badState(path: part, reason: "no such file, or an empty one")
    }
    self.directory = directory
  }

  private static func hasContents(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_size > 0
  }
}
