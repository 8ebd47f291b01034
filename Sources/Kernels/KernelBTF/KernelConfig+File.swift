import Foundation

extension KernelConfig {
  /// Reads a file, also a compressed one.
  /// - Throws: ``KernelBTFError`` for anything that is no kernel configuration.
  package static func read(_ path: String) async throws -> KernelConfig {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw KernelBTFError.unreadable(path: path, reason: "cannot be read")
    }
    var text = String(decoding: data, as: UTF8.self)
    if case .compressed(let compression) = FileFormat(data) {
      text = String(decoding: try await compression.unpack(path), as: UTF8.self)
    }
    let config = KernelConfig(text: text)
    guard !config.isEmpty else {
      throw KernelBTFError.unusable(
        path: path,
        reason: "not a kernel configuration: it has no line 'CONFIG_…=' or "
          + "'# CONFIG_… is not set'",
        remedy: "give the build's .config, or /proc/config.gz of a device that runs it")
    }
    return config
  }
}
