/// Which programs of a probe an object for Android's bpfloader has loaded.
///
/// bpfloader hands every program of an object to the kernel, and one that the kernel refuses
/// takes the whole object with it. So a hook keeps the best rung whose load cannot fail for want
/// of the hook: where it is looked up when attaching, not when loading. `bpf/include/hook.h`
/// marks the others.
enum PinnedPrograms {
  /// Best first. Not `tp_btf`: its hook is looked up when loading.
  static let rungs = ["raw_tp", "tracepoint", "kprobe", "perf_event"]

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

  /// Why bpfloader must not get an object with these programs, or nil.
  static func objection(to programs: [ProbeObject.Program]) -> String? {
    let kept = Set(chosen(programs).map(\.name))
    for program in programs where program.isLoaded != kept.contains(program.name) {
      return program.isLoaded
        ? """
        bpfloader would load program '\(program.name)' beside a better one of its hook, or where \
        the hook may be missing: write it with LG_TRACEPOINT or LG_SEC_UNLESS_PINNED \
        (bpf/include/hook.h)
        """
        : """
        bpfloader would not load program '\(program.name)', the best of its hook: write it with \
        SEC() (bpf/include/hook.h)
        """
    }
    return nil
  }
}

extension ProbeObject.Program {
  /// Parts of `[opt[<group>_...]_]<hook>__<rung>[_<n>]`, without the number; nil for any other name.
  package var hookAndRung: (hook: Substring, rung: String)? {
    let plain = name[
      (name.prefixMatch(of: /opt(?:_|(?:[0-9]+_)+)/)?.range.upperBound ?? name.startIndex)...]
    guard let split = plain.ranges(of: "__").last else { return nil }
    let suffix = plain[split.upperBound...]
    let rungs = ["tp_btf", "raw_tp", "tracepoint", "kprobe", "perf_event"]
    guard let rung = rungs.first(where: { suffix == $0 || suffix.hasPrefix($0 + "_") }) else {
      return nil
    }
    return (plain[..<split.lowerBound], rung)
  }

  /// Whether a loader that takes objects as they are loads it.
  package var isLoaded: Bool { !section.hasPrefix("?") }
}
