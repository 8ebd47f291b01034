import Catalogs

/// A probe's BPF program in C, of the catalogue or of the user's own.
package struct ProbeSource: Sendable, Equatable {
  /// How the files of probes end.
  package static let suffix = ".bpf.c"

  /// Name of the probe, as in its manifest.
  package let name: String
  /// Path of the `.bpf.c` file.
  package let path: String

  package init(name: String, path: String) {
    self.name = name
    self.path = path
  }

  /// What a manifest says to build, wherever it lies.
  package init(_ manifest: ProbeManifest) {
    self.init(name: manifest.name, path: manifest.objectPath)
  }
}
