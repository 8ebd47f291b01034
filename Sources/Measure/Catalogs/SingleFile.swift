import Foundation

/// One file of any directory, as a source of its own.
package struct SingleFile: CatalogFiles {
  private let path: String
  private let directory: CatalogDirectory
  private let text: String

  /// - Throws: ``CatalogError`` when it cannot be read, or is of no kind.
  package init(path: String) throws(CatalogError) {
    let text: String
    do {
      text = try boundedText(path)
    } catch let error as CatalogError {
      throw error
    } catch {
      throw CatalogError([
        CatalogProblem(
          file: path, message: "cannot be read as text",
          remedy: "check that it exists, its permissions, and that it is UTF-8")
      ])
    }
    // A suite names a device as well: the first of the keys decides.
    let directory = text.split(whereSeparator: \.isNewline).lazy.compactMap { line in
      CatalogDirectory.allCases.first { line.hasPrefix("\($0.nameKey):") }
    }.first
    guard let directory else {
      let keys = CatalogDirectory.allCases.map { "'\($0.nameKey):'" }.joined(separator: ", ")
      throw CatalogError([
        CatalogProblem(
          file: path, message: "is no catalogue file", remedy: "begin it with one of \(keys)")
      ])
    }
    self.path = path
    self.directory = directory
    self.text = text
  }

  package func displayName(_ path: String) -> String {
    path.hasPrefix("\(directory.rawValue)/") ? self.path : path
  }

  package func manifests(in directory: String) -> [String]? {
    directory == self.directory.rawValue ? [(path as NSString).lastPathComponent] : nil
  }

  package func read(_ path: String) throws -> String { text }

  /// Files beside it.
  package func exists(_ path: String) -> Bool {
    let beside = URL(fileURLWithPath: self.path).deletingLastPathComponent()
      .appendingPathComponent((path as NSString).lastPathComponent)
    return FileManager.default.fileExists(atPath: beside.path)
  }
}
