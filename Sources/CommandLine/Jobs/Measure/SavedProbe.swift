import Catalogs
import Foundation
import POSIXSupport

/// A probe of a line, kept in the user's directory.
package enum SavedProbe {
  /// - Throws: `JobError` for a name that is taken, or is none.
  package static func requireFree(_ name: String, in catalog: Catalog) throws {
    if let other = catalog.probes[name] {
      throw JobError.nameTaken(name: name, file: other.file)
    }
    guard name.wholeMatch(of: /[a-z][a-z0-9_]{0,23}/) != nil else {
      throw JobError.noProbeName(name: name)
    }
  }

  /// Writes the manifest.
  /// - Returns: its path.
  /// - Throws: `MissingHomeError`, `SystemCallError`.
  package static func write(_ probe: ProbeManifest) throws -> String {
    guard let own = UserDirectories.configPath(environment: ProcessInfo.processInfo.environment)
    else {
      throw MissingHomeError(purpose: "probes of your own", variable: "XDG_CONFIG_HOME")
    }
    let directory = "\(own)/\(CatalogDirectory.probes.rawValue)"
    try UserDirectories.makeDirectory(directory, mode: 0o755)
    let path = "\(directory)/\(probe.name).yaml"
    try AtomicFile.write(ManifestText(probe).text.utf8, to: path)
    return path
  }
}
