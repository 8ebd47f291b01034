import Foundation
import POSIXSupport

/// A kit on disk.
package enum KitFolder {
  /// Why a folder cannot be read as a kit, or written.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    case notAFolder(String)
    /// Files that are not of a kit are not overwritten, nor left to be mistaken for its own.
    case notEmpty(String)

    package var description: String {
      switch self {
      case .notAFolder(let path): "\(path) is no folder; name the folder that holds a kit"
      case .notEmpty(let path): "\(path) is not empty; name a new folder for the kit"
      }
    }
  }

  /// Bytes of the longest file that is read; an agent has about 1 MiB.
  private static let fileLimit = 64 << 20

  /// Writes a kit into a folder that is made or empty.
  /// - Throws: ``Failure/notEmpty(_:)``, `SystemCallError`.
  package static func write(_ files: [KitFile], to folder: String) throws {
    let manager = FileManager.default
    if let there = try? manager.contentsOfDirectory(atPath: folder), !there.isEmpty {
      throw Failure.notEmpty(folder)
    }
    for file in files {
      let path = URL(fileURLWithPath: "\(folder)/\(file.path)")
      try UserFolders.makeFolder(path.deletingLastPathComponent().path, mode: 0o755)
      try AtomicFile.write(file.content, to: path.path, mode: file.mode, durable: false)
    }
  }

  /// All regular files below a folder; links are not followed.
  /// - Throws: ``Failure/notAFolder(_:)``, or what reading throws.
  package static func read(_ folder: String) throws -> [KitFile] {
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    guard manager.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
      throw Failure.notAFolder(folder)
    }
    return try manager.subpathsOfDirectory(atPath: folder).sorted().compactMap { path in
      let attributes = try manager.attributesOfItem(atPath: "\(folder)/\(path)")
      guard attributes[.type] as? FileAttributeType == .typeRegular,
        let size = attributes[.size] as? NSNumber, size.intValue <= fileLimit
      else { return nil }
      let mode = (attributes[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
      let content = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)"))
      return KitFile(path: path, content: Array(content), mode: mode)
    }
  }
}
