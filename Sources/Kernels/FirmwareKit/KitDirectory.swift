import Foundation
import POSIXSupport

/// A kit on disk.
package enum KitDirectory {
  /// Why a directory cannot be read as a kit, or written.
  package enum KitError: Error, Equatable, CustomStringConvertible {
    case notADirectory(String)
    /// Files that are not of a kit are not overwritten, nor left to be mistaken for its own.
    case notEmpty(String)

    package var description: String {
      switch self {
      case .notADirectory(let path): "\(path) is no directory; name the directory that holds a kit"
      case .notEmpty(let path): "\(path) is not empty; name a new directory for the kit"
      }
    }
  }

  /// Bytes of the longest file that is read; an agent has about 1 MiB.
  private static let fileLimit = 64 << 20

  /// Writes a kit into a directory that is made or empty.
  /// - Throws: ``KitError/notEmpty(_:)``, `SystemCallError`.
  package static func write(_ files: [KitFile], to directory: String) throws {
    let manager = FileManager.default
    if let there = try? manager.contentsOfDirectory(atPath: directory), !there.isEmpty {
      throw KitError.notEmpty(directory)
    }
    for file in files {
      let path = URL(fileURLWithPath: "\(directory)/\(file.path)")
      try UserDirectories.makeDirectory(path.deletingLastPathComponent().path, mode: 0o755)
      try AtomicFile.write(file.content, to: path.path, mode: file.mode, durable: false)
    }
  }

  /// All regular files below a directory; links are not followed.
  /// - Throws: ``KitError/notADirectory(_:)``, or what reading throws.
  package static func read(_ directory: String) throws -> [KitFile] {
    let manager = FileManager.default
    guard PathKind.isDirectory(directory) else {
      throw KitError.notADirectory(directory)
    }
    return try manager.subpathsOfDirectory(atPath: directory).sorted().compactMap { path in
      let attributes = try manager.attributesOfItem(atPath: "\(directory)/\(path)")
      guard attributes[.type] as? FileAttributeType == .typeRegular,
        let size = attributes[.size] as? NSNumber, size.intValue <= fileLimit
      else { return nil }
      let mode = (attributes[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
      let content = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(path)"))
      return KitFile(path: path, content: Array(content), mode: mode)
    }
  }
}
