import Foundation
import Glibc
import KernelTypes

/// Files of this machine that have the symbols of what runs on devices: a build's unstripped
/// output, or debug files in `.build-id/`.
struct SymbolDirectory: Sendable {
  private let paths: [String]

  /// - Parameter paths: directories that are there.
  init(_ paths: [String]) { self.paths = paths }

  /// The files of these build-ids, the one with the most bytes of each: what is stripped is
  /// smaller.
  /// - Throws: `CancellationError`: a build's output has any number of files.
  func files(of wanted: Set<String>) throws -> [String: String] {
    var found: [String: (size: Int, path: String)] = [:]
    func take(_ path: String, _ id: String) {
      let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      if size > found[id]?.size ?? 0 { found[id] = (size, path) }
    }
    for directory in paths where !wanted.isEmpty {
      for id in wanted {
        for whole in StackBuildID.whole(id) {
          let path = "\(directory)/.build-id/\(whole.prefix(2))/\(whole.dropFirst(2))"
          for name in [path + ".debug", path] where FileManager.default.fileExists(atPath: name) {
            take(name, id)
          }
        }
      }
      guard let names = FileManager.default.enumerator(atPath: directory) else { continue }
      for case let name as String in names {
        try Task.checkCancellation()
        let path = "\(directory)/\(name)"
        guard let whole = Self.buildID(path),
          let id = StackBuildID.match(whole, among: wanted)
        else { continue }
        take(path, id)
      }
    }
    return found.mapValues { $0.path }
  }

  /// Of a program or library; nil for every other file. Only plain ones are opened: a pipe would wait
  /// for who writes into it.
  private static func buildID(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let file = FileHandle(forReadingAtPath: path)
    else { return nil }
    defer { try? file.close() }
    guard let start = try? file.read(upToCount: DeviceFiles.headBytes) else { return nil }
    return (try? ELFHead(start))?.buildID
  }
}
