import Crypto
import Foundation
import KernelTypes

/// Collects everything a build depends on into one key.
///
/// Every part is preceded by its kind and length, so that no two lists of parts give one key by
/// being joined differently.
package struct InputHash: Sendable {
  private var hash = SHA256()

  package init() {}

  /// Adds a fact, such as a flag.
  package mutating func add(_ kind: String, _ text: String) {
    add(kind, bytes: Data(text.utf8))
  }

  /// Adds a list of facts; order counts.
  package mutating func add(_ kind: String, _ list: [String]) {
    add(kind, "\(list.count)")
    for text in list { add(kind, text) }
  }

  /// Adds a file's name and contents.
  mutating func add(file path: String, as name: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ProbeBuildError.file(path: path, reason: "cannot be read")
    }
    add("name", name)
    add("contents", bytes: data)
  }

  /// Adds all C sources and headers below a directory with their names.
  ///
  /// Whole directories are hashed, as asking the compiler which headers it reads takes longer.
  /// A directory that is not there counts as empty: the build itself will miss it.
  mutating func add(tree path: String, as name: String) throws {
    add("tree", name)
    let directory = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let files =
      FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
    for file in files.sorted() where file.hasSuffix(".h") || file.hasSuffix(".c") {
      try add(file: "\(directory)/\(file)", as: file)
    }
  }

  /// The key: 64 lower-case hex digits.
  package func key() -> String { hash.finalize().hexadecimal }

  private mutating func add(_ kind: String, bytes: Data) {
    hash.update(data: Data("\(kind) \(bytes.count)\n".utf8))
    hash.update(data: bytes)
  }
}
