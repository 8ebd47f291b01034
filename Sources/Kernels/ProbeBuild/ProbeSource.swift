import Catalogs
import Foundation
import ProbePrograms

/// A probe's BPF program in C, of the catalogue or of the user's own.
package struct ProbeSource: Sendable, Equatable {
  /// How the files of probes end.
  package static let suffix = ".bpf.c"

  /// Name of the probe, as in its manifest.
  package let name: String
  /// Path of the `.bpf.c` file; of the manifest where the text is written from that.
  package let path: String
  /// The text that the manifest's tables give; nil = the file's.
  let written: String?
  /// Whether a scope can be asked of its metrics.
  let isScopable: Bool
  /// Whether it is built for a scope, which the agent sets as it loads the object.
  package private(set) var isScoped = false

  package init(name: String, path: String) {
    self.init(name: name, path: path, written: nil, isScopable: false)
  }

  private init(name: String, path: String, written: String?, isScopable: Bool) {
    self.name = name
    self.path = path
    self.written = written
    self.isScopable = isScopable
  }

  /// What a manifest says to build, wherever it lies.
  package init(_ manifest: ProbeManifest) {
    self.init(
      name: manifest.name, path: manifest.objectPath ?? manifest.file,
      written: ProbeProgram(manifest)?.text, isScopable: manifest.isScopable)
  }

  /// The same, built for a scope.
  package var scoped: ProbeSource {
    var source = self
    source.isScoped = true
    return source
  }

  /// The C text.
  /// - Throws: `ProbeBuildError.file` where it cannot be read.
  package func text() throws -> String {
    if let written { return written }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ProbeBuildError.file(path: path, reason: "cannot be read")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
