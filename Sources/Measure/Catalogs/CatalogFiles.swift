import Foundation

/// Where catalogue files come from. Paths are relative to the root, with `/`.
package protocol CatalogFiles: Sendable {
  /// What `path` is called in messages.
  func displayName(_ path: String) -> String
  /// Names of the `.yaml` files directly in a directory, sorted; nil when there is no directory.
  func manifests(in directory: String) -> [String]?
  /// The file's text, or why it cannot be had.
  func read(_ path: String) throws -> String
  /// Whether a file of that name exists.
  func exists(_ path: String) -> Bool
}

/// Files below a directory: the share root, or a team's own.
package struct DirectoryFiles: CatalogFiles {
  /// The directory.
  package let root: String

  package init(root: String) {
    self.root = root
  }

  package func displayName(_ path: String) -> String {
    root.hasSuffix("/") ? root + path : "\(root)/\(path)"
  }

  package func manifests(in directory: String) -> [String]? {
    let names = try? FileManager.default.contentsOfDirectory(atPath: displayName(directory))
    return names?.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.sorted()
  }

  package func read(_ path: String) throws -> String {
    try boundedText(displayName(path))
  }

  package func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: displayName(path))
  }
}

/// The text of a file that ought to be small.
/// - Throws: ``CatalogError`` when it is larger than ``AliasBudget/mostBytes``, and what reading
///   throws.
func boundedText(_ path: String) throws -> String {
  let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
  defer { try? file.close() }
  let data = try file.read(upToCount: AliasBudget.mostBytes + 1) ?? Data()
  guard data.count <= AliasBudget.mostBytes else {
    throw CatalogError([AliasBudget.tooLong(file: path)])
  }
  guard let text = String(data: data, encoding: .utf8) else {
    throw CocoaError(.fileReadInapplicableStringEncoding)
  }
  return text
}
