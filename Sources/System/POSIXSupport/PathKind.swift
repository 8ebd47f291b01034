import Foundation

/// What lies at a path.
package enum PathKind {
  /// Whether a directory is there; a link counts as what it leads to.
  package static func isDirectory(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }
}
