import Foundation

/// A kernel's configuration, as `/proc/config.gz` or `.config` has it.
package struct KernelConfig: Sendable, Equatable {
  private let values: [Substring: Substring]

  /// - Parameter text: lines `CONFIG_X=y`; `# CONFIG_X is not set` and others are skipped.
  init(text: String) {
    var values: [Substring: Substring] = [:]
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("CONFIG_") {
      guard let sign = line.firstIndex(of: "=") else { continue }
      values[line[..<sign]] = line[line.index(after: sign)...]
    }
    self.values = values
  }

  /// Reads a file, also a compressed one.
  /// - Throws: ``KernelBTFError`` for anything that is no kernel configuration.
  package static func read(_ path: String) async throws -> KernelConfig {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw KernelBTFError.unreadable(path: path, reason: "cannot be read")
    }
    var text = String(decoding: data, as: UTF8.self)
    if case .compressed(let program) = FileFormat(data) {
      let outcome = try await program.run(["-dc", path])
      guard outcome.isSuccess else {
        throw KernelBTFError.unusable(
          path: path, reason: "\(program.name) cannot unpack it: \(outcome.log)",
          remedy: "copy the file again")
      }
      text = String(decoding: outcome.output, as: UTF8.self)
    }
    let config = KernelConfig(text: text)
    guard !config.values.isEmpty else {
      throw KernelBTFError.unusable(
        path: path, reason: "not a kernel configuration: it has no line 'CONFIG_…='",
        remedy: "give the build's .config, or /proc/config.gz of a device that runs it")
    }
    return config
  }

  /// Whether an option is built in.
  package func has(_ option: String) -> Bool { values["CONFIG_\(option)"] == "y" }

  /// Options without which no probe can be loaded or attached, that this kernel lacks.
  package var missing: [String] {
    ["BPF_SYSCALL", "PERF_EVENTS", "TRACEPOINTS", "BPF_EVENTS"].filter { !has($0) }
      .map { "CONFIG_\($0)" }
  }

  var hasKprobes: Bool { has("KPROBES") && has("KPROBE_EVENTS") }

  var hasBTF: Bool { has("DEBUG_INFO_BTF") }
}
