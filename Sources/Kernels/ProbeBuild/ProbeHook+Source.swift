import Catalogs

extension ProbeHook {
  /// The hooks of a probe: those of its tables, or what its program's text attaches to.
  /// - Throws: `ProbeBuildError.file` where the text cannot be read.
  package static func hooks(of manifest: ProbeManifest) throws -> [ProbeHook] {
    manifest.object == nil
      ? manifest.spanHooks : hooks(inSource: try ProbeSource(manifest).text())
  }

  /// The hooks of C text in the order of their programs: those of `LG_TRACEPOINT`, which are attached
  /// by tp_btf, else raw_tp, those of sections such as `SEC("kprobe/do_fault")`, and the clock of
  /// `SEC("perf_event")`.
  static func hooks(inSource text: String) -> [ProbeHook] {
    var hooks: [ProbeHook] = []
    func add(_ name: String, _ rungs: [String], isOptional: Bool) {
      if let known = hooks.firstIndex(where: { $0.name == name }) {
        hooks[known].rungs += rungs.filter { !hooks[known].rungs.contains($0) }
      } else {
        hooks.append(ProbeHook(name: name, rungs: rungs, isOptional: isOptional))
      }
    }
    var section: (rung: String, name: String)?
    for line in text.split(separator: "\n") {
      if let found = line.prefixMatch(of: /LG_(OPT_)?TRACEPOINT\((\w+)/) {
        add(String(found.2), ["tp_btf", "raw_tp"], isOptional: found.1 != nil)
      } else if let found = line.prefixMatch(of: /SEC\("\??(\w+)\/(?:\w+\/)?(\w+)"\)/) {
        // As hooks of spans are called.
        let isReturn = found.1 == "kretprobe"
        section = (
          isReturn ? "kprobe" : String(found.1), String(found.2) + (isReturn ? "_return" : "")
        )
      } else if line.wholeMatch(of: /SEC\("\??perf_event"\)/) != nil {
        section = ("perf_event", "clock")
      } else if let last = section {
        // Whether it may be absent, the name of the program says, which stands in the next line.
        add(last.name, [last.rung], isOptional: line.contains("(opt_") || line.contains(" opt_"))
        section = nil
      }
    }
    return hooks
  }
}
