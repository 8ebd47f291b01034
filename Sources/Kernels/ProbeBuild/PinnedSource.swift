/// A probe's source as Android's bpfloader needs it: one program per hook, the others left out of
/// the load.
///
/// bpfloader hands every program of an object to the kernel, and one that the kernel refuses
/// takes the whole object with it. So a hook keeps the best rung whose load cannot fail for want
/// of the hook: where it is looked up when attaching, not when loading.
enum PinnedSource {
  /// Best first. Not `tp_btf`: its hook is looked up when loading.
  static let rungs = ["raw_tp", "tracepoint", "kprobe"]

  /// The programs to be loaded, in the object's order.
  static func chosen(_ programs: [ProbeObject.Program]) -> [ProbeObject.Program] {
    var best: [Substring: (rank: Int, program: ProbeObject.Program)] = [:]
    for program in programs {
      guard let name = program.hookAndRung, let rank = rungs.firstIndex(of: name.rung),
        rank < best[name.hook]?.rank ?? .max
      else { continue }
      best[name.hook] = (rank, program)
    }
    let kept = Set(best.values.map(\.program.name))
    return programs.filter { kept.contains($0.name) }
  }

  /// The source with a `?` before the sections of all other programs, which is how libbpf is told
  /// not to load them.
  static func rewritten(_ source: String, programs: [ProbeObject.Program]) -> String {
    let kept = Set(chosen(programs).map(\.section))
    return Set(programs.map(\.section)).subtracting(kept).reduce(source) { text, section in
      text.replacing("SEC(\"\(section)\")", with: "SEC(\"?\(section)\")")
    }
  }
}

extension ProbeObject.Program {
  /// Parts of `[opt_]<hook>__<rung>[_<n>]`, without the number; nil for any other name.
  package var hookAndRung: (hook: Substring, rung: String)? {
    let plain = name.hasPrefix("opt_") ? name.dropFirst(4) : name[...]
    guard let split = plain.ranges(of: "__").last else { return nil }
    let suffix = plain[split.upperBound...]
    let rungs = ["tp_btf", "raw_tp", "tracepoint", "kprobe"]
    guard let rung = rungs.first(where: { suffix == $0 || suffix.hasPrefix($0 + "_") }) else {
      return nil
    }
    return (plain[..<split.lowerBound], rung)
  }

  /// Whether a loader that takes objects as they are loads it.
  package var isLoaded: Bool { !section.hasPrefix("?") }
}
