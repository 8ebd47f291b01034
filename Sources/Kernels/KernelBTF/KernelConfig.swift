import Foundation

/// A kernel's configuration, as `/proc/config.gz` or `.config` has it, or a part of one.
package struct KernelConfig: Sendable, Equatable {
  /// Whole configurations have far more options that no user can choose.
  private static let fewestHidden = 10

  private let values: [String: String]
  /// Whether an option that is not named is off. A defconfig or a fragment names only what differs
  /// from defaults: there it may be on.
  package let isWhole: Bool

  /// Whether no line is one of a configuration.
  var isEmpty: Bool { values.isEmpty }

  /// - Parameter text: lines `CONFIG_X=y` and `# CONFIG_X is not set`; others are skipped.
  init(text: String) {
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("CONFIG_"), let sign = line.firstIndex(of: "=") {
        values[String(line[..<sign])] = String(line[line.index(after: sign)...])
      } else if let match = line.wholeMatch(of: /# (CONFIG_\w+) is not set/) {
        values[String(match.1)] = "n"
      }
    }
    self.values = values
    // Options without a prompt are in no file that a person or savedefconfig wrote. The last line of
    // a file that was cut off has no end.
    isWhole =
      values.keys.count { $0.hasPrefix("CONFIG_HAVE_") } >= Self.fewestHidden
      && text.last?.isNewline == true
  }

  /// Whether an option is built in; nil when the file does not say.
  package func has(_ option: String) -> Bool? {
    if let value = values["CONFIG_\(option)"] { return value == "y" }
    return isWhole ? false : nil
  }

  /// Options without which no probe can be loaded or attached.
  private static let needed = ["BPF_SYSCALL", "PERF_EVENTS", "TRACEPOINTS", "BPF_EVENTS"]

  /// Those of them that this kernel lacks.
  package var missing: [String] {
    Self.needed.filter { has($0) == false }.map { "CONFIG_\($0)" }
  }

  /// Those of them that the file does not mention.
  package var unknown: [String] {
    Self.needed.filter { has($0) == nil }.map { "CONFIG_\($0)" }
  }

  var hasKprobes: Bool? {
    let both = [has("KPROBES"), has("KPROBE_EVENTS")]
    return both.contains(false) ? false : both.contains(nil) ? nil : true
  }

  var hasUprobes: Bool? { has("UPROBE_EVENTS") }

  var hasBTF: Bool? { has("DEBUG_INFO_BTF") }
}
